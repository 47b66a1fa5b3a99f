using System.Net.Sockets;
using Grpc.Net.Client;
using Inference.Server;
using Inference.Server.Options;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

public sealed class ListenerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("sock-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task StartAsync_OnAUnixSocketThatAKilledServerLeft_TakesItOver()
    {
        string path = Path.Combine(_folder, "i.sock");
        LeaveSocket(path);
        await using ServerHost host = await StartAsync($"unix:{path}");
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        };
        using var channel = GrpcChannel.ForAddress("http://localhost", new GrpcChannelOptions { HttpHandler = handler });

        RecommendResponse reply = await new RecommendationService.RecommendationServiceClient(channel).RecommendAsync(new RecommendRequest());

        Assert.Equal(10, reply.Items.Count);
        await host.StopAsync();
    }

    [Fact]
    public async Task StartAsync_OnAUnixSocketThatIsServed_IsRefused()
    {
        string path = Path.Combine(_folder, "i.sock");
        await using ServerHost first = await StartAsync($"unix:{path}");

        await Assert.ThrowsAnyAsync<IOException>(() => StartAsync($"unix:{path}"));

        await first.StopAsync();
    }

    /// <summary>The file of a socket whose process is gone. It is moved, because disposing a socket removes the file that it was bound to.</summary>
    private static void LeaveSocket(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path + ".bound"));
        File.Move(path + ".bound", path);
    }

    private static async Task<ServerHost> StartAsync(string grpc)
    {
        var options = new InferenceOptions();
        options.Bundle.Path = await RunningServer.WriteBundleAsync();
        options.Server.GrpcAddress = grpc;
        options.Server.HttpAddress = "127.0.0.1:0";
        ServerHost host = ServerHost.Build(options);
        await host.StartAsync();
        await host.ReadyAsync();
        return host;
    }
}
