using System.Net.Sockets;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>Calls over HTTP by what is counted of them. Servers of one process share their instruments, and one that ends takes them along, so no other runs meanwhile.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class HttpCountsTests
{
    [Fact]
    public async Task Post_OfACallerWhoGoes_IsNoFailureOfTheServer()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using (Socket socket = await HttpApiTests.ConnectAsync(server))
        {
            await socket.SendAsync("POST /v1/recommend-stream HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n"u8.ToArray());
            Assert.Contains("200 OK", await HttpApiTests.ReadUntilAsync(socket, "\r\n\r\n"), StringComparison.Ordinal);
            socket.LingerState = new LingerOption(true, 0);
        }

        // The transport tells of a reset, or of a body that ended early; either way it is the caller's doing.
        string metrics = await HttpApiTests.WaitForMetricAsync(
            server, "rpc_method=\"recsys.v1.RecommendationService/RecommendStream\",rpc_status_code=\"(CANCELLED|INVALID_ARGUMENT)\",rpc_system_name=\"http_json\"");
        Assert.DoesNotContain("error_type=\"INTERNAL\"", metrics, StringComparison.Ordinal);
        Assert.Matches(@"(?m)^recsys_server_active_calls\S* 0$", metrics);
    }

    [Fact]
    public async Task Stop_WhileAnAnswerIsUnderWay_LetsItEnd()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using Socket socket = await HttpApiTests.ConnectAsync(server);
        await socket.SendAsync("POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{"u8.ToArray());
        await HttpApiTests.WaitForMetricAsync(server, "(?m)^recsys_server_active_calls\\S* 1$");
        Task stopping = server.Host.StopAsync();
        await socket.SendAsync("}"u8.ToArray());

        string answer = await HttpApiTests.ReadUntilAsync(socket, "\r\n0\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 200", answer, StringComparison.Ordinal);
        Assert.Contains("\"items\"", answer, StringComparison.Ordinal);
        await stopping.WaitAsync(TimeSpan.FromSeconds(15));
    }
}
