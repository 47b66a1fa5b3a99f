using System.Net.Sockets;
using Grpc.Core;
using Grpc.Core.Wire;
using Grpc.Net.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Grpc.AspNetCore.Server.Calls;

/// <summary>One call on its HTTP request. What a handler may never ask for (metadata, peer, cancellation) is made when it asks.</summary>
internal sealed class ServerCall : ServerCallContext
{
    /// <summary>See <see cref="CallGate"/>. A field, because it is a mutable struct.</summary>
    public CallGate Gate;

    private Metadata? _requestHeaders;
    private Metadata? _responseTrailers;
    private AuthContext? _authContext;
    private string? _peer;
    private Status _status;
    private WriteOptions? _writeOptions;
    private ICompressionProvider? _responseCompression;

    public ServerCall(HttpContext http, MethodSettings settings)
    {
        HttpContext = http;
        Settings = settings;
        http.Response.Headers.ContentType = WireNames.ContentType;

        var timeout = http.Request.Headers.GrpcTimeout;
        if (timeout.Count > 0)
        {
            if (timeout.Count == 1 && TimeoutFormat.TryParse(timeout[0], out var value))
            {
                CallDeadline = new CallDeadline(this, value);
            }
            else
            {
                Log.InvalidTimeout(settings.Logger, timeout.ToString());
            }
        }

        if (settings.ResponseCompression is { } compression && WireNames.ListContains(http.Request.Headers.GrpcAcceptEncoding.ToString(), compression.EncodingName))
        {
            UseResponseCompression(compression);
        }
    }

    public HttpContext HttpContext { get; }

    public MethodSettings Settings { get; }

    /// <summary>The deadline, or null where the caller waits forever.</summary>
    public CallDeadline? CallDeadline { get; }

    /// <summary>How the next reply is compressed, or null.</summary>
    public ICompressionProvider? ResponseCompression
        => _responseCompression is not null && (_writeOptions?.Flags & WriteFlags.NoCompress) != WriteFlags.NoCompress ? _responseCompression : null;

    /// <summary>Whether the only request is being read, before the method is called: what breaks then, the caller broke.</summary>
    public bool IsReading { get; set; }

    /// <summary>Whether a reply has gone into the response buffer.</summary>
    public bool HasWritten { get; private set; }

    /// <summary>Metadata for the end of the call, or null where there is none.</summary>
    public Metadata? WrittenTrailers => _responseTrailers;

    protected override string MethodCore => HttpContext.Request.Path.Value!;

    protected override string HostCore => HttpContext.Request.Host.Value ?? "";

    protected override string PeerCore => _peer ??= DescribePeer(HttpContext.Connection);

    protected override DateTime DeadlineCore => CallDeadline?.At ?? DateTime.MaxValue;

    protected override Metadata RequestHeadersCore => _requestHeaders ??= ReadRequestHeaders(HttpContext.Request.Headers);

    protected override CancellationToken CancellationTokenCore => CallDeadline?.Token ?? HttpContext.RequestAborted;

    protected override Metadata ResponseTrailersCore => _responseTrailers ??= [];

    protected override Status StatusCore
    {
        get => _status;
        set => _status = value;
    }

    protected override WriteOptions? WriteOptionsCore
    {
        get => _writeOptions;
        set => _writeOptions = value;
    }

    protected override AuthContext AuthContextCore => _authContext ??= PeerAuthentication.Of(HttpContext.Connection.ClientCertificate);

    protected override IDictionary<object, object> UserStateCore => HttpContext.Items!;

    /// <summary>True where the handler's path ends the call, false where the deadline does; see <see cref="CallGate.TryEnd"/>.</summary>
    public bool TryEnd()
    {
        if (CallDeadline is { HasPassed: true })
        {
            // The timer may not have run: of two ends that are due, the earlier one counts.
            _ = CallEnd.ExpireAsync(this);
        }

        return Gate.TryEnd();
    }

    /// <summary>Writes one reply into the response buffer. The caller holds the gate or has ended the call.</summary>
    public void Write<T>(T message, Action<T, SerializationContext> serialize)
    {
        MessageWriter.Write(HttpContext.Response.BodyWriter, message, serialize, Settings.MaxSendLength, ResponseCompression, Settings.ResponseLevel);
        HasWritten = true;
    }

    public void AddTrailers(Metadata trailers)
    {
        for (var i = 0; i < trailers.Count; i++)
        {
            ResponseTrailersCore.Add(trailers[i]);
        }
    }

    protected override async Task WriteResponseHeadersAsyncCore(Metadata responseHeaders)
    {
        ArgumentNullException.ThrowIfNull(responseHeaders);
        Gate.EnterWrite();
        try
        {
            var response = HttpContext.Response;
            if (response.HasStarted)
            {
                throw new InvalidOperationException("Response headers can only be sent once per call.");
            }

            if (responseHeaders.GetValue(WireNames.EncodingRequest) is { } encoding)
            {
                UseResponseCompression(encoding == WireNames.Identity ? null : Settings.FindCompression(encoding)
                    ?? throw new InvalidOperationException($"No compression provider offers '{encoding}'."));
            }

            StatusHeaders.Add(response.Headers, responseHeaders);
            Gate.EnterFlush();
            await response.BodyWriter.FlushAsync();
        }
        finally
        {
            Gate.LeaveWrite();
        }
    }

    protected override ContextPropagationToken CreatePropagationTokenCore(ContextPropagationOptions? options)
        => throw new NotImplementedException("Propagation tokens are not supported; pass Deadline and CancellationToken on.");

    private static string DescribePeer(ConnectionInfo connection) => connection.RemoteIpAddress switch
    {
        null => "unknown",
        { AddressFamily: AddressFamily.InterNetwork } ip => $"ipv4:{ip}:{connection.RemotePort}",
        { AddressFamily: AddressFamily.InterNetworkV6 } ip => $"ipv6:[{ip}]:{connection.RemotePort}",
        var other => $"unknown:{other}:{connection.RemotePort}",
    };

    private static Metadata ReadRequestHeaders(IHeaderDictionary headers)
    {
        var metadata = new Metadata();
        foreach (var (name, values) in headers)
        {
            if (IsOfTheProtocol(name) || !MetadataKey.IsValid(name))
            {
                continue;
            }

            var key = MetadataKey.Normalize(name);
            if (!MetadataKey.IsBinary(key))
            {
                metadata.Add(key, values.ToString());
            }
            else if (!BinaryHeader.TryAddTo(metadata, key, values.ToString()))
            {
                throw new RpcException(new Status(StatusCode.Internal, $"The value of '{key}' is not base64."));
            }
        }

        return metadata;
    }

    private static bool IsOfTheProtocol(string name)
        => name.StartsWith(':')
            || name.Equals(HeaderNames.GrpcEncoding, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.GrpcAcceptEncoding, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.GrpcTimeout, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.ContentType, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.ContentEncoding, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.AcceptEncoding, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.TE, StringComparison.OrdinalIgnoreCase)
            || name.Equals(HeaderNames.Host, StringComparison.OrdinalIgnoreCase);

    private void UseResponseCompression(ICompressionProvider? compression)
    {
        _responseCompression = compression;
        HttpContext.Response.Headers.GrpcEncoding = compression?.EncodingName;
    }
}
