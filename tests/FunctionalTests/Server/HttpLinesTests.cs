using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>RecommendStream as lines of JSON.</summary>
[Collection(nameof(SharedServer))]
public class HttpLinesTests(SharedServer shared)
{
    private const string Path = "/v1/recommend-stream";
    private readonly HttpClient _http = shared.Server.Http;

    [Fact]
    public async Task Post_OfManyLines_AnswersInTheirOrder()
    {
        const int count = 500;
        string questions = string.Join('\n', Enumerable.Range(0, count).Select(i => $$$"""{"request":{"request_id":"r{{{i}}}","recent_item_ids":["{{{SmallWorld.IdOf(i % 40)}}}"],"limit":3}}"""));

        JsonElement[] answers = await PostAsync(questions, _http);

        Assert.Equal(count, answers.Length);
        for (int i = 0; i < count; i++)
        {
            JsonElement response = answers[i].GetProperty("response");
            Assert.Equal($"r{i}", response.GetProperty("request_id").GetString());
            Assert.Equal(RunningServer.World.Top(3, RunningServer.World.Embed(0, i % 40), i % 40), response.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item_id").GetString()));
        }
    }

    [Fact]
    public async Task Post_WithLinesThatCannotBeRead_AnswersEachInItsPlaceAndGoesOn()
    {
        JsonElement[] answers = await PostAsync(
            "{\"request\":{\"request_id\":\"a\"}}\r\n\n   \n{\"request\":\nnull\n{\"request\":{\"limt\":1}}\n{\"request\":{\"limit\":-2}}\n{}\n{\"request\":{\"request_id\":\"z\"}}", _http);

        Assert.Equal(["a", "INVALID_JSON", "INVALID_JSON", "INVALID_REQUEST", "INVALID_REQUEST", "ok", "z"], answers.Select(Tell));
        Assert.Contains("line 4, ", answers[1].GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("line 6, column 13", answers[3].GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("limit", answers[4].GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n\r\n  \n")]
    public async Task Post_OfNoLine_AnswersNone(string body) => Assert.Empty(await PostAsync(body, _http));

    [Fact]
    public async Task Post_WithALineThatIsTooLong_RefusesItAlone()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.MaxReceiveBytes = 1024);
        string fits = $$$"""{"request":{"request_id":"fits"{{{new string(' ', 900)}}}}}""";

        JsonElement[] answers = await PostAsync($"{fits}\n{new string('x', 3_000_000)}\n{fits}\n{fits}{new string(' ', 200)}", server.Http);

        Assert.Equal(["fits", "BODY_TOO_LARGE", "fits", "BODY_TOO_LARGE"], answers.Select(Tell));
        Assert.Contains("Line 2 ", answers[1].GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    /// <summary>One question at a time, each sent when the answer before was read: nothing waits for the end of the body.</summary>
    [Fact]
    public async Task Post_OfOneLineAtATime_AnswersEachAtOnce()
    {
        using Socket socket = await HttpApiTests.ConnectAsync(shared.Server);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"));
        Assert.Contains("Content-Type: application/x-ndjson", await HttpApiTests.ReadUntilAsync(socket, "\r\n\r\n"), StringComparison.Ordinal);
        for (int i = 0; i < 5; i++)
        {
            string line = $$$"""{"request":{"request_id":"r{{{i}}}"}}""" + "\n";
            // In two chunks, so that a line comes in pieces.
            await socket.SendAsync(Encoding.ASCII.GetBytes($"5\r\n{line[..5]}\r\n"));
            await socket.SendAsync(Encoding.ASCII.GetBytes($"{line.Length - 5:x}\r\n{line[5..]}\r\n"));
            Assert.Contains($"\"r{i}\"", await HttpApiTests.ReadUntilAsync(socket, "}\n"), StringComparison.Ordinal);
        }

        await socket.SendAsync("0\r\n\r\n"u8.ToArray());
        Assert.EndsWith("0\r\n\r\n", await HttpApiTests.ReadUntilAsync(socket, "0\r\n\r\n"), StringComparison.Ordinal);
    }

    /// <summary>Who reads no answers is asked for no more questions: the socket fills up, and nothing is lost when the reader goes on.</summary>
    [Fact]
    public async Task Post_ByASlowReader_IsHeldBackAndLosesNothing()
    {
        const int count = 10_000;
        using Socket socket = await HttpApiTests.ConnectAsync(shared.Server);
        socket.SendBufferSize = socket.ReceiveBufferSize = 1 << 16;
        // Long, so that all questions together are more than the system keeps for a socket.
        byte[] line = Encoding.ASCII.GetBytes("{\"request\":{\"limit\":40}}".PadRight(1999) + "\n");
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {line.Length * count}\r\n\r\n"));
        int sent = 0;
        Task writing = WriteAsync();
        int before = -1;
        // Until nothing more is taken.
        while (Volatile.Read(ref sent) != before)
        {
            before = Volatile.Read(ref sent);
            await Task.Delay(500);
        }

        Assert.InRange(before, 1, count - 1);
        using var stream = new NetworkStream(socket);
        using var reader = new StreamReader(stream);
        int answers = 0;
        while (await reader.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(60)) is { } text)
            answers += text.Contains("\"items\"", StringComparison.Ordinal) ? 1 : 0;
        await writing;
        Assert.Equal(count, answers);

        async Task WriteAsync()
        {
            for (int i = 0; i < count; i++)
            {
                await socket.SendAsync(line);
                Volatile.Write(ref sent, i + 1);
            }
        }
    }

    [Fact]
    public async Task Stop_WithAStreamThatNeverEnds_TellsItInALastLine()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.DrainTime = TimeSpan.FromSeconds(6));
        using Socket socket = await HttpApiTests.ConnectAsync(server);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{{}}\n\r\n"));
        Assert.Contains("\"items\"", await HttpApiTests.ReadUntilAsync(socket, "}\n"), StringComparison.Ordinal);

        Task stopping = server.Host.StopAsync();

        string end = await HttpApiTests.ReadUntilAsync(socket, "}\n");
        Assert.Contains("{\"problem\":{\"type\":\"/problems/server-stopping\"", end, StringComparison.Ordinal);
        Assert.Contains("\"retry_after_ms\":0", end, StringComparison.Ordinal);
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task Post_WithATimeout_IsTheTimeOfTheWholeStream()
    {
        using Socket socket = await HttpApiTests.ConnectAsync(shared.Server);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"POST {Path} HTTP/1.1\r\nHost: x\r\nRequest-Timeout: 300ms\r\nTransfer-Encoding: chunked\r\n\r\n"));

        Assert.Contains("\"reason\":\"DEADLINE_EXCEEDED\"", await HttpApiTests.ReadUntilAsync(socket, "}}\n"), StringComparison.Ordinal);
    }

    private static string Tell(JsonElement answer)
    {
        if (answer.TryGetProperty("response", out JsonElement response))
            return response.GetProperty("request_id").GetString() is { Length: < 6 } id ? id : "ok";
        return answer.GetProperty("error").GetProperty("details")[0].GetProperty("reason").GetString()!;
    }

    private static async Task<JsonElement[]> PostAsync(string body, HttpClient http)
    {
        using var content = new StringContent(body, Encoding.UTF8, "application/x-ndjson");
        using HttpResponseMessage response = await http.PostAsync(Path, content);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("application/x-ndjson", response.Content.Headers.ContentType?.MediaType);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(text.Length == 0 || text.EndsWith('\n'));
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonDocument.Parse(line).RootElement)];
    }
}
