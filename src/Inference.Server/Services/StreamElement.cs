using System.Threading.Tasks.Sources;
using Inference.Server.Admission.Queues;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>
/// A place for one element of a stream: the question, the work item that answers it on the thread pool, and the answer that the writer awaits. A stream has as many as it may work on at once and uses
/// them again and again, so that an element costs no object of its own.
/// </summary>
/// <param name="answer">Answers the question of an element. Must not throw.</param>
internal sealed class StreamElement(Func<RecommendStreamRequest, StreamElement, ValueTask<RecommendStreamResponse>> answer) : IThreadPoolWorkItem, IValueTaskSource<RecommendStreamResponse>
{
    private static readonly ContextCallback RunInContext = static element => _ = ((StreamElement)element!).RunAsync();

    // Of the stream's caller: the span of the call is the parent of those of its elements.
    private readonly ExecutionContext? _context = ExecutionContext.Capture();

    // Whoever answers last writes: the thread has nothing else to do.
    private ManualResetValueTaskSourceCore<RecommendStreamResponse> _answer = new() { RunContinuationsAsynchronously = false };
    private RecommendStreamRequest? _request;

    /// <summary>What the element holds and waits for while it is answered.</summary>
    public Waiter Room { get; } = new() { IsBulk = true };

    /// <summary>Whether the answer is there.</summary>
    public bool IsAnswered => _answer.GetStatus(_answer.Version) != ValueTaskSourceStatus.Pending;

    /// <summary>The answer; to be awaited once.</summary>
    public ValueTask<RecommendStreamResponse> Answer => new(this, _answer.Version);

    /// <summary>Hands a question to the thread pool. The element before in this place has been awaited.</summary>
    public void Begin(RecommendStreamRequest request)
    {
        _answer.Reset();
        _request = request;
        // The common queue: that of the reading thread would be served by it alone until others have nothing to do.
        ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    void IThreadPoolWorkItem.Execute()
    {
        if (_context is null)
            _ = RunAsync();
        else
            ExecutionContext.Run(_context, RunInContext, this);
    }

    private async Task RunAsync()
    {
        RecommendStreamRequest request = _request!;
        _request = null;
        _answer.SetResult(await answer(request, this));
    }

    RecommendStreamResponse IValueTaskSource<RecommendStreamResponse>.GetResult(short token) => _answer.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<RecommendStreamResponse>.GetStatus(short token) => _answer.GetStatus(token);

    void IValueTaskSource<RecommendStreamResponse>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _answer.OnCompleted(continuation, state, token, flags);
}
