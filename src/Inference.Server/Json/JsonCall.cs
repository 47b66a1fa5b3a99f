using Grpc.Core;
using Inference.Server.Failures;

namespace Inference.Server.Json;

/// <summary>
/// One HTTP request as the call that a method serves: its deadline is that of the header, and its token is cancelled when the deadline passes or the caller goes. Nothing of it goes to the
/// caller but the status that a method throws, so trailers and headers that a method adds are dropped.
/// </summary>
internal sealed class JsonCall : ServerCallContext, IDisposable
{
    private static readonly TimeSpan TimerGrain = TimeSpan.FromMilliseconds(1);

    private static readonly AuthContext Nobody = new(null, []);

    private readonly HttpContext _http;
    private readonly string _method;
    private readonly TimeProvider _time;
    private readonly ITimer? _timer;

    // Not disposed: it has no timer of its own, and one that fires late may still cancel it.
    private readonly CancellationTokenSource? _late;
    private readonly CancellationTokenSource? _either;
    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;

    /// <param name="http">The request.</param>
    /// <param name="method">"/package.Service/Method".</param>
    /// <param name="timeout">How long the caller waits; null for ever.</param>
    /// <param name="time">The clock.</param>
    public JsonCall(HttpContext http, string method, TimeSpan? timeout, TimeProvider time)
    {
        _http = http;
        _method = method;
        _time = time;
        CancellationTokenCore = http.RequestAborted;
        DeadlineCore = DateTime.MaxValue;
        if (timeout is not { } wait)
            return;
        DeadlineCore = time.GetUtcNow().UtcDateTime + wait;
        _late = new CancellationTokenSource();
        _either = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, _late.Token);
        CancellationTokenCore = _either.Token;
        _timer = time.CreateTimer(static call => ((JsonCall)call!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _timer.Change(wait + TimerGrain, Timeout.InfiniteTimeSpan);
    }

    /// <summary>The request.</summary>
    public HttpContext Http => _http;

    /// <summary>The id of the request, once it is known; until then one that was made for it.</summary>
    public string RequestId { get; set; } = "";

    protected override string MethodCore => _method;

    protected override string HostCore => _http.Request.Host.Value ?? "";

    protected override string PeerCore => _http.Connection.RemoteIpAddress is { } address ? $"{(address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? $"ipv6:[{address}]" : $"ipv4:{address}")}:{_http.Connection.RemotePort}" : "unknown";

    protected override DateTime DeadlineCore { get; }

    protected override Metadata RequestHeadersCore => _requestHeaders ??= HeadersOf(_http.Request.Headers);

    protected override CancellationToken CancellationTokenCore { get; }

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore { get; set; }

    protected override WriteOptions? WriteOptionsCore { get; set; }

    protected override AuthContext AuthContextCore => Nobody;

    /// <summary>The timeout of a request, from its header; null where it names none.</summary>
    /// <param name="http">The request.</param>
    /// <param name="failure">What is wrong with the header.</param>
    public static TimeSpan? TimeoutOf(HttpContext http, out Failure? failure)
    {
        failure = null;
        if (!http.Request.Headers.TryGetValue(RequestTimeout.Header, out Microsoft.Extensions.Primitives.StringValues values))
            return null;
        string text = values.ToString();
        if (RequestTimeout.TryParse(text, out TimeSpan timeout))
            return timeout;
        var violations = default(Violations);
        violations.Add(RequestTimeout.Header, $"is '{(text.Length <= 64 ? text : text[..64])}'; it must be a positive number with a unit, at most a day: 500us, 50ms, 1.5s, 2m.");
        failure = violations.ToFailure();
        return null;
    }

    public void Dispose()
    {
        _timer?.Dispose();
        _either?.Dispose();
    }

    protected override Task WriteResponseHeadersAsyncCore(Metadata responseHeaders) => Task.CompletedTask;

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options) =>
        throw new NotSupportedException("Propagation tokens are not supported; pass Deadline and CancellationToken on.");

    /// <summary>Timers go by a coarser clock than deadlines and may be early: a call that ended then would look as if its caller had gone.</summary>
    private void OnTimer()
    {
        TimeSpan left = DeadlineCore - _time.GetUtcNow().UtcDateTime;
        if (left <= TimeSpan.Zero)
            _late!.Cancel();
        else
            _timer!.Change(left + TimerGrain, Timeout.InfiniteTimeSpan);
    }

    private static Metadata HeadersOf(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues value) in headers)
        {
            // What is binary in gRPC is a text here, and what gRPC has no names for is left out.
            if (!name.EndsWith("-bin", StringComparison.OrdinalIgnoreCase) && name.All(static one => char.IsAsciiLetterOrDigit(one) || one is '-' or '_' or '.'))
                metadata.Add(name, value.ToString());
        }

        return metadata;
    }
}
