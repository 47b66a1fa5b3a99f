using System.Collections.Concurrent;
using System.IO.Compression;
using System.Net;
using Grpc.Core;
using Grpc.Net.Client.Calls;
using Grpc.Net.Client.Credentials;
using Grpc.Net.Compression;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Grpc.Net.Client;

/// <summary>
/// A way to one server over HTTP/2, for any number of calls and threads at once. Connections are made when calls need them: with http:// addresses
/// HTTP/2 is spoken at once, without TLS or an upgrade. Costly to make; keep one for each server.
/// </summary>
public sealed class GrpcChannel : ChannelBase, IDisposable
{
    private readonly CancellationTokenSource _closing = new();
    private readonly ConcurrentDictionary<IMethod, Uri> _addresses = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<string, ICompressionProvider> _compression;
    private readonly bool _ownsTransport;
    private int _disposed;

    private GrpcChannel(Uri address, GrpcChannelOptions options, TimeProvider clock)
        : base(address.Authority)
    {
        Address = address;
        Clock = clock;
        Closing = _closing.Token;
        Security = ChannelSecurity.Resolve(address, options);
        _ownsTransport = (options.HttpClient is null && options.HttpHandler is null) || options.DisposeHttpClient;
        Transport = options.HttpClient ?? new HttpMessageInvoker(options.HttpHandler ?? new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        MaxSendMessageSize = options.MaxSendMessageSize;
        MaxReceiveMessageSize = options.MaxReceiveMessageSize;
        ThrowOperationCanceledOnCancellation = options.ThrowOperationCanceledOnCancellation;
        HttpVersion = options.HttpVersion ?? System.Net.HttpVersion.Version20;
        HttpVersionPolicy = options.HttpVersionPolicy ?? System.Net.Http.HttpVersionPolicy.RequestVersionExact;
        var loggers = options.LoggerFactory ?? options.ServiceProvider?.GetService(typeof(ILoggerFactory)) as ILoggerFactory ?? NullLoggerFactory.Instance;
        Logger = loggers.CreateLogger<GrpcChannel>();

        _compression = new Dictionary<string, ICompressionProvider>(StringComparer.Ordinal);
        foreach (var provider in options.CompressionProviders ?? [new GzipCompressionProvider(CompressionLevel.Fastest)])
        {
            _compression.TryAdd(provider.EncodingName, provider);
        }

        AcceptedEncodings = string.Join(',', _compression.Keys.Prepend("identity"));
        if (address.PathAndQuery is not ("" or "/"))
        {
            Log.AddressPathIgnored(Logger, address.OriginalString);
        }
    }

    internal Uri Address { get; }

    internal TimeProvider Clock { get; }

    internal ChannelSecurity Security { get; }

    internal HttpMessageInvoker Transport { get; }

    internal int? MaxSendMessageSize { get; }

    internal int? MaxReceiveMessageSize { get; }

    internal bool ThrowOperationCanceledOnCancellation { get; }

    internal Version HttpVersion { get; }

    internal HttpVersionPolicy HttpVersionPolicy { get; }

    internal string AcceptedEncodings { get; }

    internal ILogger Logger { get; }

    /// <summary>Cancelled when the channel is disposed of; calls under way end with it.</summary>
    internal CancellationToken Closing { get; }

    /// <summary>Makes a channel to the server at this http:// or https:// address.</summary>
    public static GrpcChannel ForAddress(string address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel to the server at this http:// or https:// address. A path in the address plays no part.</summary>
    public static GrpcChannel ForAddress(string address, GrpcChannelOptions channelOptions) => ForAddress(new Uri(address), channelOptions);

    /// <summary>Makes a channel to the server at this http:// or https:// address.</summary>
    public static GrpcChannel ForAddress(Uri address) => ForAddress(address, new GrpcChannelOptions());

    /// <summary>Makes a channel to the server at this http:// or https:// address. A path in the address plays no part.</summary>
    /// <exception cref="ArgumentException">Both a client and a handler are given.</exception>
    /// <exception cref="InvalidOperationException">The scheme is neither http nor https, or contradicts the credentials.</exception>
    public static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions) => ForAddress(address, channelOptions, TimeProvider.System);

    internal static GrpcChannel ForAddress(Uri address, GrpcChannelOptions channelOptions, TimeProvider clock)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(channelOptions);
        if (channelOptions.HttpClient is not null && channelOptions.HttpHandler is not null)
        {
            throw new ArgumentException("HttpClient and HttpHandler are both set; a channel sends through one of them.", nameof(channelOptions));
        }

        return new GrpcChannel(address, channelOptions, clock);
    }

    /// <inheritdoc/>
    public override CallInvoker CreateCallInvoker()
    {
        ThrowIfDisposed();
        return new HttpCallInvoker(this);
    }

    /// <summary>Ends the calls under way with CANCELLED, and closes the connections unless they belong to a client or handler of the caller.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0)
        {
            return;
        }

        _closing.Cancel();
        if (_ownsTransport)
        {
            Transport.Dispose();
        }
    }

    internal void ThrowIfDisposed() => ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);

    /// <summary>The address that calls of a method are posted to; one Uri a method, kept for the life of the channel.</summary>
    internal Uri AddressOf(IMethod method)
        => _addresses.TryGetValue(method, out var address) ? address : _addresses.GetOrAdd(method, new Uri(Address, method.FullName));

    internal ICompressionProvider? FindCompression(string encoding) => _compression.GetValueOrDefault(encoding);
}
