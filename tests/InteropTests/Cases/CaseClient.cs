using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Testing;
using InteropTests.Service;
using InteropTests.Wire;

namespace InteropTests.Cases;

/// <summary>This project's client, pointed at one server, with its wire watched.</summary>
internal sealed class CaseClient : IDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly GrpcChannel _channel;

    public CaseClient(string address, ServerAbilities server)
    {
        Server = server;
        Wire = new WatchingHandler(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        _channel = GrpcChannel.ForAddress($"http://{address}", new GrpcChannelOptions { HttpHandler = Wire, DisposeHttpClient = true });
        Test = new TestService.TestServiceClient(_channel);
        Absent = new UnimplementedService.UnimplementedServiceClient(_channel);
    }

    public ServerAbilities Server { get; }

    public WatchingHandler Wire { get; }

    public TestService.TestServiceClient Test { get; }

    public UnimplementedService.UnimplementedServiceClient Absent { get; }

    /// <summary>Call options with a deadline, so that nothing hangs.</summary>
    public CallOptions Options(Metadata? headers = null, TimeSpan? timeout = null)
        => new(headers, TimeProvider.System.GetUtcNow().UtcDateTime + (timeout ?? s_timeout));

    /// <summary>Call options that compress the requests, and ask our server to watch its side of the wire.</summary>
    public CallOptions Watched(string name, string encoding)
        => Options(new Metadata { { WatchedCalls.CaseHeader, name }, { "grpc-internal-encoding-request", encoding } });

    public async Task<CaseResult> RunAsync(Func<CaseClient, Task> run)
    {
        try
        {
            await run(this).WaitAsync(s_timeout + s_timeout);
            return CaseResult.Pass;
        }
        catch (CannotExpressException limit)
        {
            return limit.Result;
        }
        catch (Exception failure)
        {
            return CaseResult.Fail($"{failure.GetType().Name}: {failure.Message}");
        }
    }

    public void Dispose() => _channel.Dispose();
}
