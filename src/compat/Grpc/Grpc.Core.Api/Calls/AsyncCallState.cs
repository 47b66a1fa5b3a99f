namespace Grpc.Core;

/// <summary>
/// What the four call types have in common. The official constructors take the callbacks either plain or with a state argument; both
/// are held in the same fields, so that a call with state costs no closure.
/// </summary>
internal readonly struct AsyncCallState
{
    private readonly object _responseHeaders;
    private readonly Delegate _status;
    private readonly Delegate _trailers;
    private readonly Delegate _dispose;
    private readonly object? _state;

    public AsyncCallState(Task<Metadata> responseHeaders, Func<Status> status, Func<Metadata> trailers, Action dispose)
    {
        _responseHeaders = responseHeaders;
        _status = status;
        _trailers = trailers;
        _dispose = dispose;
        _state = null;
    }

    public AsyncCallState(
        Func<object, Task<Metadata>> responseHeaders, Func<object, Status> status, Func<object, Metadata> trailers, Action<object> dispose, object state)
    {
        _responseHeaders = responseHeaders;
        _status = status;
        _trailers = trailers;
        _dispose = dispose;
        _state = state;
    }

    public Task<Metadata> ResponseHeaders => _responseHeaders as Task<Metadata> ?? ((Func<object, Task<Metadata>>)_responseHeaders)(_state!);

    public Status GetStatus() => _status is Func<object, Status> withState ? withState(_state!) : ((Func<Status>)_status)();

    public Metadata GetTrailers() => _trailers is Func<object, Metadata> withState ? withState(_state!) : ((Func<Metadata>)_trailers)();

    public void Dispose()
    {
        if (_dispose is Action<object> withState)
        {
            withState(_state!);
        }
        else
        {
            ((Action)_dispose)();
        }
    }
}
