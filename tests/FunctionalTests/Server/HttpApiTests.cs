using System.Diagnostics;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>The methods as JSON: the same answers as by gRPC, and what is told where there is none.</summary>
[Collection(nameof(SharedServer))]
public class HttpApiTests(SharedServer shared)
{
    private readonly HttpClient _http = shared.Server.Http;

    [Fact]
    public async Task Post_OfTheSameRequest_AnswersAsGrpcDoes()
    {
        var request = new RecommendRequest { UserId = "nobody", RequestId = "same é", Limit = 7, RecentItemIds = { SmallWorld.IdOf(3), SmallWorld.IdOf(9) }, Options = new() { Explain = true } };
        request.Context["country"] = new FeatureValue { StringValue = "France" };
        RecommendResponse byGrpc = await shared.Server.Recommendations.RecommendAsync(request);
        RecommendResponse byJson = await PostAsync<RecommendResponse>("/v1/recommend", JsonFormatter.Default.Format(request));

        // What is measured anew each time, and the time in a token.
        foreach (RecommendResponse response in new[] { byGrpc, byJson })
        {
            foreach (RetrieverReport report in response.Report.Retrievers)
                report.DurationUs = 0;
            response.NextPageToken = "";
        }

        Assert.Equal(byGrpc, byJson);
        Assert.Equal(7, byJson.Items.Count);
    }

    [Fact]
    public async Task Post_OfEveryRoute_AnswersAsGrpcDoes()
    {
        var similar = new SimilarItemsRequest { ItemIds = { SmallWorld.IdOf(3) }, RequestId = "s", Limit = 40 };
        Assert.Equal(await shared.Server.Recommendations.SimilarItemsAsync(similar), await PostAsync<SimilarItemsResponse>("/v1/similar-items", JsonFormatter.Default.Format(similar)));
        var users = new EmbedUsersRequest { Users = { new UserInput { RecentItemIds = { SmallWorld.IdOf(3) } } } };
        Assert.Equal(await shared.Server.Recommendations.EmbedUsersAsync(users), await PostAsync<EmbedUsersResponse>("/v1/embed-users", JsonFormatter.Default.Format(users)));
        var items = new EmbedItemsRequest { Items = { new ItemInput { ItemId = SmallWorld.IdOf(3) } } };
        Assert.Equal(await shared.Server.Recommendations.EmbedItemsAsync(items), await PostAsync<EmbedItemsResponse>("/v1/embed-items", JsonFormatter.Default.Format(items)));
        var versions = new ModelService.ModelServiceClient(shared.Server.Channel);
        Assert.Equal(await versions.ListVersionsAsync(new()), await PostAsync<ListVersionsResponse>("/v1/list-versions", ""));
        Assert.Equal((await versions.StatusAsync(new())).Active, (await PostAsync<StatusResponse>("/v1/model-status", "{}")).Active);
        Assert.Equal("none", (await PostAsync<GetStateResponse>("/v1/get-state", "")).Store.Status);
    }

    [Fact]
    public async Task Post_OfEventsAndItems_ChangesWhatIsServed()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string item = SmallWorld.IdOf(5);

        Assert.Equal(1, (await PostAsync<RecordEventsResponse>("/v1/record-events", $$"""{"events":[{"user_id":"h","item_id":"{{item}}","type":"EVENT_TYPE_CLICK"}]}""", server.Http)).Recorded);
        Assert.Equal([item], (await PostAsync<GetUserResponse>("/v1/get-user", """{"user_id":"h"}""", server.Http)).HistoryItemIds);
        await PostAsync<ForgetUserResponse>("/v1/forget-user", """{"user_id":"h"}""", server.Http);
        Assert.True((await PostAsync<GetUserResponse>("/v1/get-user", """{"user_id":"h"}""", server.Http)).Forgotten);
        Item read = (await PostAsync<GetItemResponse>("/v1/get-item", $$"""{"item_id":"{{item}}"}""", server.Http)).Item;
        read.Title = "another";
        Assert.Equal(1, (await PostAsync<UpsertItemsResponse>("/v1/upsert-items", $$"""{"items":[{{JsonFormatter.Default.Format(read)}}]}""", server.Http)).Updated);
        Assert.Equal("another", (await PostAsync<GetItemResponse>("/v1/get-item", $$"""{"itemId":"{{item}}"}""", server.Http)).Item.Title);
        Assert.Equal(1, (await PostAsync<DeleteItemsResponse>("/v1/delete-items", $$"""{"item_ids":["{{item}}"]}""", server.Http)).Deleted);
        Told gone = await FailAsync("/v1/get-item", $$"""{"item_id":"{{item}}"}""", server.Http);
        Assert.Equal((404, "NOT_FOUND", "UNKNOWN_ITEMS"), (gone.Status, gone.Code, gone.Reason));
    }

    [Theory]
    [InlineData("""{"limit":-1,"filter":"x"}""")]
    [InlineData("""{"context":{"hour":{"float_value":"NaN"}}}""")]
    [InlineData("""{"options":{"diversity":{"strength":"NaN"}}}""")]
    [InlineData("""{"options":{"model_version":"other/9"}}""")]
    [InlineData("""{"surface":"nowhere"}""")]
    [InlineData("""{"page_token":"?"}""")]
    public async Task Post_OfWhatBreaksARule_FailsAsGrpcDoes(string json)
    {
        CallFailure byGrpc = await RunningServer.FailAsync(shared.Server.Recommendations.RecommendAsync(JsonParser.Default.Parse<RecommendRequest>(json)));
        Told byJson = await FailAsync("/v1/recommend", json);

        Assert.Equal((400, byGrpc.Reason, byGrpc.Message), (byJson.Status, byJson.Reason, byJson.Detail));
        Assert.Equal(byGrpc.Violations.Select(violation => (violation.Field, violation.Description)), byJson.Violations);
    }

    [Fact]
    public async Task Post_OfAProblem_HasAllOfItsMembers()
    {
        using HttpResponseMessage response = await _http.PostAsync("/v1/recommend", new StringContent("""{"request_id":"a b","limit":-1}"""));
        Assert.Equal(HttpStatusCode.UnsupportedMediaType, response.StatusCode);
        Assert.Equal("application/json", response.Headers.GetValues("Accept-Post").Single());

        Told told = await FailAsync("/v1/recommend", """{"request_id":"a b","limit":-1}""");
        Assert.Equal(("/problems/invalid-request", "Invalid request", 400, "a%20b", "INVALID_ARGUMENT"), (told.Type, told.Title, told.Status, told.Instance, told.Code));
        Assert.Equal("limit", Assert.Single(told.Violations).Field);
    }

    [Theory]
    [InlineData("""{"limt":5}""", "INVALID_REQUEST", "line 1, column 2")]
    [InlineData("{\n\"limit\":}", "INVALID_JSON", "line 2, column 9")]
    [InlineData("user_id=u1", "INVALID_JSON", "line 1, column 1")]
    public async Task Post_OfWhatCannotBeRead_TellsThePlace(string json, string reason, string place)
    {
        Told told = await FailAsync("/v1/recommend", json);

        Assert.Equal((400, reason), (told.Status, told.Reason));
        Assert.Contains(place, told.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_OfALargeBody_IsRefusedWithAndWithoutItsLength()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.MaxReceiveBytes = 2000);
        string fits = $$"""{"request_id":"{{new string('x', 100)}}"{{new string(' ', 1700)}}}""", large = fits + new string(' ', 300);

        await PostAsync<RecommendResponse>("/v1/recommend", fits, server.Http);
        Assert.Equal((413, "BODY_TOO_LARGE", "RESOURCE_EXHAUSTED"), Short(await FailAsync("/v1/recommend", large, server.Http)));
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/recommend") { Content = Json(large), Headers = { TransferEncodingChunked = true } };
        using HttpResponseMessage response = await server.Http.SendAsync(message);
        Assert.Equal((413, "BODY_TOO_LARGE", "RESOURCE_EXHAUSTED"), Short(await ToldAsync(response)));
    }

    [Fact]
    public async Task Get_OfARoute_IsToldToPost()
    {
        using HttpResponseMessage response = await _http.GetAsync("/v1/recommend");

        Assert.Equal(["POST"], response.Content.Headers.Allow);
        Assert.Equal((405, "METHOD_NOT_ALLOWED", "INVALID_ARGUMENT"), Short(await ToldAsync(response)));
    }

    [Theory]
    [InlineData("/v1/recomend")]
    [InlineData("/v1/")]
    [InlineData("/v1/activate")]
    [InlineData("/v1/recommend/x")]
    public async Task Post_OfAnUnknownPath_TellsThoseThatThereAre(string path)
    {
        Told told = await FailAsync(path, "{}");

        Assert.Equal((404, "UNKNOWN_PATH"), (told.Status, told.Reason));
        Assert.Contains("/v1/similar-items", told.Detail, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Origin", "http://127.0.0.1:5080")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task Post_OfAWebPage_IsRefused(string header, string value)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, "/v1/forget-user") { Content = Json("""{"user_id":"x"}""") };
        message.Headers.Add(header, value);
        using HttpResponseMessage response = await _http.SendAsync(message);

        Assert.Equal((403, "WEB_PAGE", "PERMISSION_DENIED"), Short(await ToldAsync(response)));
    }

    [Fact]
    public async Task Post_WithATimeoutThatHasPassed_IsLate()
    {
        Assert.Equal((504, "DEADLINE_EXCEEDED", "DEADLINE_EXCEEDED"), Short(await FailAsync("/v1/recommend", "{}", timeout: "1us")));
        Assert.Equal("Request-Timeout", Assert.Single((await FailAsync("/v1/recommend", "{}", timeout: "soon")).Violations).Field);
        using HttpResponseMessage ample = await SendAsync("/v1/recommend", "{}", _http, "1m");
        Assert.Equal(HttpStatusCode.OK, ample.StatusCode);
    }

    /// <summary>The body never comes: the deadline ends the wait for it.</summary>
    [Fact]
    public async Task Post_WithABodyThatDoesNotCome_EndsAtItsTimeout()
    {
        using Socket socket = await ConnectAsync(shared.Server);
        await socket.SendAsync("POST /v1/recommend HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\nRequest-Timeout: 50ms\r\n\r\n{"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 504", await ReadUntilAsync(socket, "DEADLINE_EXCEEDED"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_WithABrokenChunk_IsToldSo()
    {
        using Socket socket = await ConnectAsync(shared.Server);
        await socket.SendAsync("POST /v1/recommend HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"u8.ToArray());

        Assert.StartsWith("HTTP/1.1 400", await ReadUntilAsync(socket, "BODY_INCOMPLETE"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Post_OnTheGrpcPort_IsNotFound()
    {
        using var client = new HttpClient { BaseAddress = new Uri(shared.Server.Host.GrpcAddress), DefaultRequestVersion = HttpVersion.Version20, DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact };

        Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/v1/recommend", Json("{}"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync("/openapi.json")).StatusCode);
    }

    [Fact]
    public async Task HttpApi_SwitchedOff_ServesNothingOfIt()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.HttpApi = false);

        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.PostAsync("/v1/recommend", Json("{}"))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await server.Http.GetAsync("/openapi.json")).StatusCode);
        Assert.Equal("ready\n", await server.Http.GetStringAsync("/readyz"));
    }

    [Fact]
    public async Task Get_OfTheDocument_IsTheCommittedOne()
    {
        using HttpResponseMessage response = await _http.GetAsync("/openapi.json");

        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        Assert.Equal(await File.ReadAllTextAsync(UnitTests.Testing.Repository.PathOf("docs/openapi.json")), await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Post_WhileTheModelIsLoaded_SaysWhenToTryAgain()
    {
        string bundle = await RunningServer.WriteBundleAsync();
        var options = new Inference.Server.Options.InferenceOptions();
        options.Bundle.Path = Path.Combine(bundle, "missing");
        options.Server.GrpcAddress = options.Server.HttpAddress = "127.0.0.1:0";
        await using var host = Inference.Server.ServerHost.Build(options);
        await host.StartAsync();
        using var http = new HttpClient { BaseAddress = new Uri(host.HttpAddress) };
        using HttpResponseMessage response = await SendAsync("/v1/recommend", "{}", http, null);

        Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
        Told told = await ToldAsync(response);
        Assert.Equal((503, "MODEL_LOADING", "UNAVAILABLE"), Short(told));
        Assert.Equal(1000, told.RetryAfterMs);
        await host.StopAsync();
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(bundle))!, recursive: true);
    }

    [SkippableFact]
    public async Task Curl_AsTheFirstScreenSays_Works()
    {
        string output;
        try
        {
            var start = new ProcessStartInfo("curl", ["-s", $"{_http.BaseAddress!.Authority}/v1/recommend", "-d", """{"user_id":"u1","limit":5}"""]) { RedirectStandardOutput = true };
            using Process curl = Process.Start(start)!;
            output = await curl.StandardOutput.ReadToEndAsync();
            await curl.WaitForExitAsync();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "curl is not installed.");
            throw;
        }

        Assert.Equal(5, JsonDocument.Parse(output).RootElement.GetProperty("items").GetArrayLength());
    }

    internal static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    internal static async Task<Socket> ConnectAsync(RunningServer server)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, server.Http.BaseAddress!.Port);
        return socket;
    }

    internal static async Task<string> ReadUntilAsync(Socket socket, string end)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var text = new StringBuilder();
        byte[] buffer = new byte[4096];
        while (!text.ToString().Contains(end, StringComparison.Ordinal))
        {
            int read = await socket.ReceiveAsync(buffer, late.Token);
            if (read == 0)
                break;
            text.Append(Encoding.UTF8.GetString(buffer, 0, read));
        }

        return text.ToString();
    }

    /// <summary>Reads the metrics until they hold what is wanted.</summary>
    internal static async Task<string> WaitForMetricAsync(RunningServer server, string pattern)
    {
        string metrics = "";
        for (int attempt = 0; attempt < 1000; attempt++)
        {
            metrics = await server.Http.GetStringAsync("/metrics");
            if (Regex.IsMatch(metrics, pattern))
                return metrics;
            await Task.Delay(20);
        }

        Assert.Fail($"'{pattern}' does not come: {metrics}");
        return metrics;
    }

    private static (int Status, string Reason, string Code) Short(Told told) => (told.Status, told.Reason, told.Code);

    private static async Task<HttpResponseMessage> SendAsync(string path, string json, HttpClient http, string? timeout)
    {
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(json) };
        if (timeout is not null)
            message.Headers.Add("Request-Timeout", timeout);
        return await http.SendAsync(message);
    }

    private async Task<T> PostAsync<T>(string path, string json, HttpClient? http = null)
        where T : IMessage, new()
    {
        using HttpResponseMessage response = await SendAsync(path, json, http ?? _http, null);
        string text = await response.Content.ReadAsStringAsync();
        Assert.True(response.StatusCode == HttpStatusCode.OK, text);
        Assert.Equal(new MediaTypeHeaderValue("application/json"), response.Content.Headers.ContentType);
        return JsonParser.Default.Parse<T>(text);
    }

    private async Task<Told> FailAsync(string path, string json, HttpClient? http = null, string? timeout = null)
    {
        using HttpResponseMessage response = await SendAsync(path, json, http ?? _http, timeout);
        return await ToldAsync(response);
    }

    private static async Task<Told> ToldAsync(HttpResponseMessage response)
    {
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
        JsonElement problem = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.Equal((int)response.StatusCode, problem.GetProperty("status").GetInt32());
        return new Told(
            Text("type"), Text("title"), (int)response.StatusCode, Text("detail"), Text("instance"), Text("code"), Text("reason"),
            [.. problem.GetProperty("violations").EnumerateArray().Select(one => (one.GetProperty("field").GetString()!, one.GetProperty("description").GetString()!))],
            problem.TryGetProperty("retry_after_ms", out JsonElement wait) ? wait.GetInt64() : null);

        string Text(string name) => problem.GetProperty(name).GetString()!;
    }

    private sealed record Told(
        string Type, string Title, int Status, string Detail, string Instance, string Code, string Reason, IReadOnlyList<(string Field, string Description)> Violations, long? RetryAfterMs);
}
