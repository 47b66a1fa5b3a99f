using System.Threading.Channels;
using Grpc.Core;
using Grpc.Net.Client;
using UnitTests.Testing;

namespace UnitTests.Compat.GrpcClient;

/// <summary>Stands where the network begins: takes the client's HTTP requests and answers them by hand.</summary>
internal sealed class FakeServer : HttpMessageHandler
{
    public static readonly Method<string, string> Unary = Method(MethodType.Unary);
    public static readonly Method<string, string> ClientStreaming = Method(MethodType.ClientStreaming);
    public static readonly Method<string, string> ServerStreaming = Method(MethodType.ServerStreaming);
    public static readonly Method<string, string> Duplex = Method(MethodType.DuplexStreaming);

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(20); // what hangs fails

    private readonly Func<FakeServer, CancellationToken, Task<Reply>> _answer;
    private int _attempts;

    public FakeServer(Func<FakeServer, CancellationToken, Task<Reply>> answer) => _answer = answer;

    public FakeServer(Reply reply)
        : this(async (server, _) =>
        {
            await server.ReadRequestAsync();
            return reply;
        })
    {
    }

    public ManualTime Clock { get; } = new();

    /// <summary>Calls that arrived, repeated attempts included.</summary>
    public int Attempts => Volatile.Read(ref _attempts);

    public HttpRequestMessage? Request { get; private set; }

    /// <summary>The body of the last request, once read.</summary>
    public byte[] RequestBody { get; private set; } = [];

    /// <summary>Set when the client gave the last request up.</summary>
    public CancellationToken Aborted { get; private set; }

    public bool IsDisposed { get; private set; }

    /// <summary>What the client has written so far of the last request.</summary>
    public Channel<byte[]> Written { get; } = Channel.CreateUnbounded<byte[]>();

    public GrpcChannel Connect(Action<GrpcChannelOptions>? configure = null, string address = "http://server", TimeProvider? clock = null)
    {
        var options = new GrpcChannelOptions { HttpHandler = this };
        configure?.Invoke(options);
        return GrpcChannel.ForAddress(new Uri(address), options, clock ?? Clock);
    }

    public Task<string> CallAsync(string request = "request", CallOptions options = default, Action<GrpcChannelOptions>? configure = null)
        => Connect(configure).CreateCallInvoker().AsyncUnaryCall(Unary, null, options, request).ResponseAsync.WaitAsync(s_patience);

    public async Task ReadRequestAsync()
    {
        await Request!.Content!.CopyToAsync(new WriterStream(Written.Writer), Aborted);
        Written.Writer.TryComplete();
        var body = new MemoryStream();
        await foreach (var part in Written.Reader.ReadAllAsync())
        {
            body.Write(part);
        }

        RequestBody = body.ToArray();
    }

    /// <summary>Takes the request's bytes as they come, in the background; its failure is the client's affair.</summary>
    public void StartReading()
    {
        var copy = Request!.Content!.CopyToAsync(new WriterStream(Written.Writer), Aborted);
        _ = copy.ContinueWith(
            _ => Written.Writer.TryComplete(copy.IsCompletedSuccessfully ? null : new IOException("The request broke off.", copy.Exception)),
            TaskScheduler.Default);
    }

    public string Header(string name) => string.Join("|", Request!.Headers.NonValidated.TryGetValues(name, out var values) ? values : default);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Request = request;
        Aborted = cancellationToken;
        Interlocked.Increment(ref _attempts);
        return (await _answer(this, cancellationToken)).ToHttp(request);
    }

    protected override void Dispose(bool disposing)
    {
        IsDisposed = true;
        base.Dispose(disposing);
    }

    private static Method<string, string> Method(MethodType type)
        => new(type, "package.Service", "Method", Marshallers.StringMarshaller, Marshallers.StringMarshaller);

    private sealed class WriterStream(ChannelWriter<byte[]> writer) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return writer.WriteAsync(buffer.ToArray(), cancellationToken);
        }
    }
}
