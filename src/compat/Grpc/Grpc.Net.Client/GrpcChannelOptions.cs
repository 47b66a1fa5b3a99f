using Grpc.Core;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;

namespace Grpc.Net.Client;

/// <summary>How a <see cref="GrpcChannel"/> reaches its server. Read once, when the channel is made.</summary>
public sealed class GrpcChannelOptions
{
    /// <summary>Whether the channel is encrypted, and credentials for all its calls. Default: as the address's scheme says.</summary>
    public ChannelCredentials? Credentials { get; set; }

    /// <summary>Most bytes of a request message before compression; null for no limit, the default. More fails the call with RESOURCE_EXHAUSTED.</summary>
    public int? MaxSendMessageSize { get; set; }

    /// <summary>
    /// Most bytes of a response message, as received and again as decompressed; null for no limit. Default 4 MiB. More fails the call with
    /// RESOURCE_EXHAUSTED.
    /// </summary>
    public int? MaxReceiveMessageSize { get; set; } = 4 * 1024 * 1024;

    /// <summary>Compression that responses may use and requests may ask for by name. Default: gzip.</summary>
    public IList<ICompressionProvider>? CompressionProviders { get; set; }

    /// <summary>Where the channel logs. Default: from <see cref="ServiceProvider"/>, else nowhere.</summary>
    public ILoggerFactory? LoggerFactory { get; set; }

    /// <summary>Sends the calls. Stays the caller's unless <see cref="DisposeHttpClient"/>. Not together with <see cref="HttpHandler"/>.</summary>
    public HttpClient? HttpClient { get; set; }

    /// <summary>Sends the calls. Stays the caller's unless <see cref="DisposeHttpClient"/>. Not together with <see cref="HttpClient"/>.</summary>
    public HttpMessageHandler? HttpHandler { get; set; }

    /// <summary>Whether disposing of the channel disposes of the given client or handler too. Default false.</summary>
    public bool DisposeHttpClient { get; set; }

    /// <summary>
    /// Whether a call that its caller cancelled, or whose deadline passed, throws <see cref="OperationCanceledException"/> instead of
    /// <see cref="RpcException"/>. Default false.
    /// </summary>
    public bool ThrowOperationCanceledOnCancellation { get; set; }

    /// <summary>Whether call credentials are sent over unencrypted connections too, for all to read. Default false: they are left out.</summary>
    public bool UnsafeUseInsecureChannelCallCredentials { get; set; }

    /// <summary>Where the channel finds a logger factory that was not given.</summary>
    public IServiceProvider? ServiceProvider { get; set; }

    /// <summary>HTTP version of the calls. Default 2.0.</summary>
    public Version? HttpVersion { get; set; }

    /// <summary>Whether another HTTP version will do. Default <see cref="System.Net.Http.HttpVersionPolicy.RequestVersionExact"/>.</summary>
    public HttpVersionPolicy? HttpVersionPolicy { get; set; }
}
