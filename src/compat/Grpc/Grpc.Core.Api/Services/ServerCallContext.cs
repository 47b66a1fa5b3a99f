namespace Grpc.Core;

/// <summary>The call that a handler serves. Valid until the handler's task ends.</summary>
public abstract class ServerCallContext
{
    private Dictionary<object, object>? _userState;

    /// <summary>For implementations.</summary>
    protected ServerCallContext()
    {
    }

    /// <summary>The path of the method: <c>/service/method</c>.</summary>
    public string Method => MethodCore;

    /// <summary>The authority that the caller asked for.</summary>
    public string Host => HostCore;

    /// <summary>The caller's address, for example <c>ipv4:127.0.0.1:5001</c>.</summary>
    public string Peer => PeerCore;

    /// <summary>When the caller stops waiting, in UTC; <see cref="DateTime.MaxValue"/> where it never does.</summary>
    public DateTime Deadline => DeadlineCore;

    /// <summary>What the caller sent with the call.</summary>
    public Metadata RequestHeaders => RequestHeadersCore;

    /// <summary>Cancelled when the caller gives up, the connection breaks or the deadline passes.</summary>
    public CancellationToken CancellationToken => CancellationTokenCore;

    /// <summary>What goes with the status; may be added to until the handler ends.</summary>
    public Metadata ResponseTrailers => ResponseTrailersCore;

    /// <summary>How the call will end unless the handler throws.</summary>
    public Status Status
    {
        get => StatusCore;
        set => StatusCore = value;
    }

    /// <summary>Options for the replies; null is <see cref="Core.WriteOptions.Default"/>.</summary>
    public WriteOptions? WriteOptions
    {
        get => WriteOptionsCore;
        set => WriteOptionsCore = value;
    }

    /// <summary>What the transport knows of the caller.</summary>
    public AuthContext AuthContext => AuthContextCore;

    /// <summary>A place for interceptors and handlers to leave things for each other.</summary>
    public IDictionary<object, object> UserState => UserStateCore;

    /// <summary>For implementations; see <see cref="Method"/>.</summary>
    protected abstract string MethodCore { get; }

    /// <summary>For implementations; see <see cref="Host"/>.</summary>
    protected abstract string HostCore { get; }

    /// <summary>For implementations; see <see cref="Peer"/>.</summary>
    protected abstract string PeerCore { get; }

    /// <summary>For implementations; see <see cref="Deadline"/>.</summary>
    protected abstract DateTime DeadlineCore { get; }

    /// <summary>For implementations; see <see cref="RequestHeaders"/>.</summary>
    protected abstract Metadata RequestHeadersCore { get; }

    /// <summary>For implementations; see <see cref="CancellationToken"/>.</summary>
    protected abstract CancellationToken CancellationTokenCore { get; }

    /// <summary>For implementations; see <see cref="ResponseTrailers"/>.</summary>
    protected abstract Metadata ResponseTrailersCore { get; }

    /// <summary>For implementations; see <see cref="Status"/>.</summary>
    protected abstract Status StatusCore { get; set; }

    /// <summary>For implementations; see <see cref="WriteOptions"/>.</summary>
    protected abstract WriteOptions? WriteOptionsCore { get; set; }

    /// <summary>For implementations; see <see cref="AuthContext"/>.</summary>
    protected abstract AuthContext AuthContextCore { get; }

    /// <summary>For implementations; see <see cref="UserState"/>.</summary>
    protected virtual IDictionary<object, object> UserStateCore => _userState ??= [];

    /// <summary>Sends the response headers now, before the first reply. Only once in a call.</summary>
    public Task WriteResponseHeadersAsync(Metadata responseHeaders) => WriteResponseHeadersAsyncCore(responseHeaders);

    /// <summary>A token by which a call made on behalf of this one takes over its deadline and cancellation.</summary>
    public ContextPropagationToken CreatePropagationToken(ContextPropagationOptions? options = null) => CreatePropagationTokenCore(options);

    /// <summary>For implementations; see <see cref="WriteResponseHeadersAsync"/>.</summary>
    protected abstract Task WriteResponseHeadersAsyncCore(Metadata responseHeaders);

    /// <summary>For implementations; see <see cref="CreatePropagationToken"/>.</summary>
    protected abstract ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options);
}
