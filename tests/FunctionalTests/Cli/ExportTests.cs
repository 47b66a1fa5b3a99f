using System.Diagnostics;
using System.Text;
using System.Text.Json;
using FunctionalTests.Server;
using FunctionalTests.Storage;
using Inference.Cli;
using Inference.Cli.Frame;
using Recsys.V1;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>`export` against the whole server.</summary>
[Collection(nameof(SharedServer))]
public sealed class ExportTests(SharedServer shared) : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("inference-export-").FullName;
    private readonly string _address = shared.Server.Host.GrpcAddress;

    private string Users => Path.Combine(_folder, "users.txt");

    private string Out => Path.Combine(_folder, "out.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Export_OfAFileOfUsers_WritesTheirSlatesInItsOrder()
    {
        string[] users = ["ann", .. Enumerable.Range(0, 500).Select(i => $"user {i}"), "bob"];
        File.WriteAllText(Users, string.Join("\n", users.Select((user, i) => i % 7 == 0 ? $"\n  {user} " : user)));

        CliRun run = await ExportAsync(_address, "--limit", "3", "--concurrency", "7", "--json", Path.Combine(_folder, "summary.json"));

        Assert.Equal((0, ""), (run.Code, run.Error));
        JsonElement[] lines = Lines();
        Assert.Equal(users, lines.Select(line => line.GetProperty("user_id").GetString()));
        RecommendResponse ann = await shared.Server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", Limit = 3 });
        JsonElement[] items = [.. lines[0].GetProperty("items").EnumerateArray()];
        Assert.Equal(ann.Items.Select(item => (item.ItemId, item.Source)), items.Select(item => (item.GetProperty("item_id").GetString()!, item.GetProperty("source").GetString()!)));
        // The second answer is from the cache of embeddings, which rounds.
        Assert.All(ann.Items.Zip(items), pair => Assert.Equal(pair.First.Score, pair.Second.GetProperty("score").GetSingle(), 0.01f));
        Assert.All(lines, line => Assert.Equal(("small/1", 3), (line.GetProperty("model_version").GetString(), line.GetProperty("items").GetArrayLength())));
        Assert.Equal("popularity", lines[1].GetProperty("served_by").GetString());
        Assert.Equal(users.Length, lines.Select(line => line.GetProperty("request_id").GetString()).Distinct().Count());

        JsonElement summary = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(_folder, "summary.json"))).RootElement;
        Assert.Equal((true, users.Length, 0), (summary.GetProperty("complete").GetBoolean(), summary.GetProperty("users").GetInt32(), summary.GetProperty("errors").GetInt32()));
        Assert.Equal(users.Length, summary.GetProperty("served_by").EnumerateObject().Sum(rung => rung.Value.GetInt32()));
        Assert.Equal(users.Length, summary.GetProperty("model_versions").GetProperty("small/1").GetInt32());
    }

    [Fact]
    public async Task Export_WithContextsAndRecentItems_AsksWithThem()
    {
        File.WriteAllText(Users, """
            {"user_id": "", "context": {"country": "Italy"}, "recent_item_ids": ["item-4", "item-5"]}
            {"user_id": "x", "context": {"country": "France"}}
            plain
            """);

        CliRun run = await ExportAsync(_address, "--limit", "2", "--context", "country=Spain");

        Assert.Equal((0, ""), (run.Code, run.Error));
        JsonElement[] lines = Lines();
        Assert.Equal(RunningServer.World.Top(2, RunningServer.World.Embed(3, 4, 5), 4, 5), ItemsOf(lines[0]));
        Assert.Equal(["item-30", "item-31"], ItemsOf(lines[1]));
        Assert.Equal(["item-35", "item-36"], ItemsOf(lines[2]));
    }

    [Fact]
    public async Task Export_WithUsersThatCannotBeAnswered_WritesErrorsAndGoesOn()
    {
        File.WriteAllLines(Users, ["a", "{\"user_id\": 3}", new string('x', 300), "{\"unknown\": 1}", "{ torn", "b"]);

        CliRun run = await ExportAsync(_address, "--limit", "1");
        CliRun again = await ExportAsync(_address, "--limit", "1", "--resume");

        Assert.Equal((1, 1), (run.Code, again.Code));
        JsonElement[] lines = Lines();
        Assert.Equal([false, true, true, true, true, false], lines.Select(line => line.TryGetProperty("error", out _)));
        Assert.Equal("line 2: 'user_id' is Number; a text, an object and a list of texts are wanted for user_id, context and recent_item_ids", lines[1].GetProperty("error").GetProperty("message").GetString());
        Assert.Equal("INVALID_REQUEST", lines[2].GetProperty("error").GetProperty("reason").GetString());
        Assert.StartsWith("line 4: there is no 'unknown'", lines[3].GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Contains("errors: 4 (INVALID_REQUEST 1, UNREADABLE_LINE 3)", run.Output, StringComparison.Ordinal);
        Assert.Contains("errors: 4", again.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("jsonl", 0)]
    [InlineData("jsonl", 1)]
    [InlineData("jsonl", 100)]
    [InlineData("csv", 40)]
    public async Task Export_WithATornLastLine_GoesOnBehindTheLastWholeOne(string format, int cut)
    {
        File.WriteAllLines(Users, Enumerable.Range(0, 300).Select(i => $"user, {i}"));
        Assert.Equal(0, (await ExportAsync(_address, "--limit", "3", "--format", format)).Code);
        byte[] whole = File.ReadAllBytes(Out);
        int headers = format == "csv" ? 1 : 0, end = 0;
        for (int line = 0; line < 120; line++)
            end = Array.IndexOf(whole, (byte)'\n', end) + 1;
        File.WriteAllBytes(Out, whole[..(end + cut)]);

        CliRun run = await ExportAsync(_address, "--limit", "3", "--format", format, "--resume");

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(Encoding.UTF8.GetString(whole), File.ReadAllText(Out));
        Assert.Contains($"{180 + headers} users behind {120 - headers} that were there", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_WithAnotherQuestion_IsRefusedWithAllThatDiffers()
    {
        File.WriteAllLines(Users, ["a", "b"]);
        Assert.Equal(0, (await ExportAsync(_address, "--limit", "3")).Code);
        byte[] before = File.ReadAllBytes(Out);
        File.WriteAllLines(Users, ["a", "c"]);

        CliRun changed = await ExportAsync(_address, "--limit", "4", "--filter", "price < 3", "--context", "country=DE", "--resume");
        CliRun there = await ExportAsync(_address, "--limit", "3");
        File.WriteAllLines(Users, ["a", "b"]);
        File.WriteAllText(Out, File.ReadAllText(Out).Replace("\"b\"", "\"z\"", StringComparison.Ordinal));
        CliRun other = await ExportAsync(_address, "--limit", "3", "--resume");

        Assert.Equal((1, 1, 1), (changed.Code, there.Code, other.Code));
        Assert.Contains("limit was '3' and is '4'", changed.Error, StringComparison.Ordinal);
        Assert.Contains("users_sha256 was", changed.Error, StringComparison.Ordinal);
        Assert.Contains("context was '' and is", changed.Error, StringComparison.Ordinal);
        Assert.Contains("--resume goes on with it, --overwrite replaces it", there.Error, StringComparison.Ordinal);
        Assert.Contains("line 2 of", other.Error, StringComparison.Ordinal);
        Assert.Equal(before.Length, File.ReadAllBytes(Out).Length);
    }

    [Fact]
    public async Task Export_OfWhatTheServerRefuses_TouchesNoFile()
    {
        File.WriteAllLines(Users, ["a"]);
        CliRun run = await ExportAsync(_address, "--surface", "nowhere");
        CliRun version = await ExportAsync(_address, "--model-version", "other/9");
        CliRun nobody = await ExportAsync("http://127.0.0.1:9");

        Assert.Equal((1, 1, 1), (run.Code, version.Code, nobody.Code));
        Assert.Contains("is no surface of this server", run.Error, StringComparison.Ordinal);
        Assert.Contains("other/9", version.Error, StringComparison.Ordinal);
        Assert.Contains("no server answers at", nobody.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(Out));
    }

    [Fact]
    public async Task Export_OfStandardInput_AnswersEachUserAsItComes()
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        using var input = new StringReader("a\nb\n\nc\n");
        int code = await InferenceCommand.RunAsync(
            ["export", "--address", _address, "--users", "-", "--out", Out, "--limit", "1"], new CommandHost(output, error, isTerminal: false, TimeProvider.System, input));

        Assert.Equal((0, ""), (code, error.ToString()));
        Assert.Equal(["a", "b", "c"], Lines().Select(line => line.GetProperty("user_id").GetString()));
        Assert.Equal(2, (await CliRun.Of("export", "--users", "-", "--out", Out, "--resume")).Code);
        Assert.Equal(2, (await CliRun.Of("export", "--users", Users, "--out", "slates.jsonl.gz")).Code);
    }

    [Fact]
    public async Task Export_OverARestartOfTheServer_MissesNobodyAndRepeatsNobody()
    {
        const int count = 20_000;
        int port = RedisProcess.FreePort();
        File.WriteAllLines(Users, Enumerable.Range(0, count).Select(i => $"user {i}"));
        RunningServer server = await StartAsync(port);
        Task<CliRun> exporting = ExportAsync($"http://127.0.0.1:{port}", "--limit", "2", "--json", "-");
        await UntilThereIsSomethingAsync(exporting);
        await server.DisposeAsync();
        await using RunningServer next = await StartAsync(port);
        CliRun run = await exporting;

        Assert.Equal(0, run.Code);
        Assert.Contains("the stream broke off behind ", run.Error, StringComparison.Ordinal);
        Assert.InRange(JsonDocument.Parse(run.Output).RootElement.GetProperty("reconnects").GetInt32(), 1, 1000);
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"user {i}"), Lines().Select(line => line.GetProperty("user_id").GetString()));

        static Task<RunningServer> StartAsync(int port) => RunningServer.StartAsync(options =>
        {
            options.Server.GrpcAddress = $"127.0.0.1:{port}";
            options.Server.DrainTime = TimeSpan.FromMilliseconds(100);
        });
    }

    [Fact]
    public async Task Export_WithAServerThatStaysAway_GivesUpAndSaysHowToGoOn()
    {
        int port = RedisProcess.FreePort();
        File.WriteAllLines(Users, Enumerable.Range(0, 20_000).Select(i => $"user {i}"));
        RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Server.GrpcAddress = $"127.0.0.1:{port}";
            options.Server.DrainTime = TimeSpan.FromMilliseconds(100);
        });
        Task<CliRun> exporting = ExportAsync($"http://127.0.0.1:{port}", "--limit", "2", "--give-up-after", "1s");
        await UntilThereIsSomethingAsync(exporting);
        await server.DisposeAsync();
        CliRun run = await exporting;

        Assert.Equal(1, run.Code);
        Assert.Matches(@"error: no answer for \d+ s \(UNAVAILABLE: .*\)\. The file holds \d+ users; --resume goes on behind them\.", run.Error);
        Assert.InRange(Lines().Length, 1, 19_999);
    }

    [Fact]
    public async Task Export_ThatIsKilled_GoesOnWithWholeLines()
    {
        const int count = 20_000;
        File.WriteAllLines(Users, Enumerable.Range(0, count).Select(i => $"user {i}"));
        string[] arguments = [Path.Combine(AppContext.BaseDirectory, "inference.dll"), "export", "--address", _address, "--users", Users, "--out", Out, "--limit", "3"];
        using (Process process = Process.Start(new ProcessStartInfo("dotnet", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!)
        {
            Task exited = process.WaitForExitAsync();
            await UntilThereIsSomethingAsync(exited);
            process.Kill();
            await exited;
            Assert.NotEqual(0, process.ExitCode);
        }

        Assert.InRange(File.ReadAllLines(Out).Length, 1, count - 1);
        CliRun run = await ExportAsync(_address, "--limit", "3", "--resume");

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Equal(Enumerable.Range(0, count).Select(i => $"user {i}"), Lines().Select(line => line.GetProperty("user_id").GetString()));
        Assert.Single(Lines().Select(line => line.GetProperty("request_id").GetString()!.Split('-')[0]).Distinct());
    }

    private static string[] ItemsOf(JsonElement line) => [.. line.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item_id").GetString()!)];

    private JsonElement[] Lines() => [.. File.ReadAllLines(Out).Select(line => JsonDocument.Parse(line).RootElement)];

    private Task<CliRun> ExportAsync(string address, params string[] options) => CliRun.Of(["export", "--address", address, "--users", Users, "--out", Out, .. options]);

    private async Task UntilThereIsSomethingAsync(Task exporting)
    {
        while (!exporting.IsCompleted && !(File.Exists(Out) && new FileInfo(Out).Length > 0))
            await Task.WhenAny(exporting, Task.Delay(TimeSpan.FromMilliseconds(5)));
        Assert.False(exporting.IsCompleted, "the export ended too soon");
    }
}
