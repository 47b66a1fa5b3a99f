using System.Text.Json;
using FunctionalTests.Server;
using UnitTests.Cli;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>The verbs that talk to a server, against the whole server.</summary>
[Collection(nameof(SharedServer))]
public sealed class ServerVerbTests(SharedServer shared)
{
    private readonly string _address = shared.Server.Host.GrpcAddress;

    [Fact]
    public async Task Recommend_ForAKnownUser_PrintsTheSlate()
    {
        CliRun run = await CliRun.Of("recommend", "--address", _address, "--user", "ann", "--limit", "3", "--explain");
        Assert.Equal((0, ""), (run.Code, run.Error));
        string[] best = RunningServer.World.Top(3, RunningServer.World.Embed(2, 1, 2), 1, 2);
        Assert.Equal(best, RowsOf(run.Output).Select(row => row[1]));
        Assert.Equal(["1", "2", "3"], RowsOf(run.Output).Select(row => row[0]));
        Assert.All(RowsOf(run.Output), row => Assert.Equal("towers", row[3]));
        Assert.All(RowsOf(run.Output), row => Assert.Equal(["exploit", "1", "", ""], row[4..8]));
        Assert.All(RowsOf(run.Output), row => Assert.Contains("Item & number", row[8], StringComparison.Ordinal));
        Assert.All(RowsOf(run.Output), row => Assert.Equal("towers 100 %", row[9]));
        Assert.Matches("served by (user_tower|cached_embedding) · model small/1", run.Output);
        Assert.Matches(@"slate: diversity 0\.\d+ · novelty \d+\.\d bits · popular \d+ % · 38 items may be shown", run.Output);
        Assert.Matches(@"retriever towers: 3 found · 3 shown · \d+ µs · ok", run.Output);
        Assert.DoesNotContain("degraded", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_WithAllOptions_SendsThem()
    {
        CliRun run = await CliRun.Of(
            "recommend", "--address", _address, "--recent", "item-4,never-seen", "--recent", "item-5", "--context", "country=Italy", "--exclude", "item-6", "--allow", "item-6,item-7,item-8",
            "--request-id", "r-1", "--json", "-");
        Assert.Equal((0, ""), (run.Code, run.Error));
        using JsonDocument reply = JsonDocument.Parse(run.Output);
        string[] expected = [.. RunningServer.World.Top(40, RunningServer.World.Embed(3, 4, 5), 4, 5).Where(id => id is "item-7" or "item-8")];
        Assert.Equal(expected, reply.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item_id").GetString()));
        Assert.Equal("RUNG_SESSION", reply.RootElement.GetProperty("served_by").GetString());
        Assert.Equal("r-1", reply.RootElement.GetProperty("request_id").GetString());
        Assert.Equal(["recent_item_ids", "candidates"], reply.RootElement.GetProperty("degraded").EnumerateArray().Select(one => one.GetProperty("component").GetString()));
    }

    [Fact]
    public async Task Recommend_WithAPolicy_ShowsWhatItDrewAndWithWhichPropensity()
    {
        CliRun run = await CliRun.Of("recommend", "--address", _address, "--user", "ann", "--limit", "3", "--explain", "--policy", "epsilon_greedy", "--new-items", "0", "--request-id", "r-2");
        Assert.Equal((0, ""), (run.Code, run.Error));
        string[] drawn = RowsOf(run.Output).Last();
        Assert.Equal("explore", drawn[4]);
        Assert.InRange(double.Parse(drawn[5], System.Globalization.CultureInfo.InvariantCulture), 1e-4, 0.9999);
        Assert.StartsWith("Shown to learn about it: ", drawn[8], StringComparison.Ordinal);

        CliRun wrong = await CliRun.Of("recommend", "--address", _address, "--policy", "greedy");
        Assert.Equal(2, wrong.Code);
        Assert.Contains("--policy: there is no 'greedy'; there are off, epsilon_greedy, softmax, thompson, ucb", wrong.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_WithSomethingTheServerRefuses_SaysWhyIn1Line()
    {
        CliRun run = await CliRun.Of("recommend", "--address", _address, "--limit=-3");
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith("error: the server answered InvalidArgument: limit", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd().Split('\n'));
    }

    [Fact]
    public async Task Similar_ForAnItem_PrintsItsNeighboursAndWritesJson()
    {
        string file = Path.Combine(Path.GetTempPath(), $"similar-{Guid.NewGuid():N}.json");
        try
        {
            CliRun run = await CliRun.Of("similar", "--address", _address, "--item", "item-3", "--limit", "4", "--json", file);
            Assert.Equal((0, ""), (run.Code, run.Error));
            string[] best = RunningServer.World.Top(4, RunningServer.World.ItemVector(3), 3);
            Assert.Equal(best, RowsOf(run.Output).Select(row => row[1]));
            using JsonDocument reply = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
            Assert.Equal(best, reply.RootElement.GetProperty("items").EnumerateArray().Select(item => item.GetProperty("item_id").GetString()));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Theory]
    [InlineData("recommend", "--user", "ann")]
    [InlineData("similar", "--item", "item-3")]
    public async Task Pages_OfAList_GoOnWhereTheLastOneEnded(string verb, string option, string value)
    {
        CliRun whole = await CliRun.Of(verb, "--address", _address, option, value, "--limit", "12");
        CliRun paged = await CliRun.Of(verb, "--address", _address, option, value, "--limit", "4", "--pages", "2");
        Assert.Equal((0, ""), (paged.Code, paged.Error));
        string token = paged.Output.Split("next page: --page-token ")[1].Trim();
        CliRun next = await CliRun.Of(verb, "--address", _address, option, value, "--limit", "4", "--page-token", token);
        CliRun json = await CliRun.Of(verb, "--address", _address, option, value, "--limit", "15", "--pages", "9", "--json", "-");

        Assert.Equal(RowsOf(whole.Output).Select(row => (row[0], row[1])), RowsOf(paged.Output + next.Output).Select(row => (row[0], row[1])));
        using JsonDocument reply = JsonDocument.Parse(json.Output);
        JsonElement[] pages = [.. reply.RootElement.GetProperty("pages").EnumerateArray()];
        Assert.Equal("", pages[^1].GetProperty("next_page_token").GetString());
        string?[] ids = [.. pages.SelectMany(page => page.GetProperty("items").EnumerateArray()).Select(item => item.GetProperty("item_id").GetString())];
        Assert.Equal((3, ids.Length), (pages.Length, ids.Distinct().Count()));
        Assert.True(ids.Length >= 38, $"{ids.Length} items"); // all but the history, or the one in question
    }

    [Fact]
    public async Task Load_OfAHealthyServer_CountsEveryRequest()
    {
        CliRun run = await CliRun.Of(
            "load", "--address", _address, "--rps", "200", "--duration", "1s", "--warmup", "200ms", "--arrivals", "constant", "--users", "10", "--cold", "0.5", "--context", "country=France",
            "--deadline", "30s", "--json", "-");
        Assert.Equal(0, run.Code);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        JsonElement root = report.RootElement;
        Assert.Equal(200, root.GetProperty("offered").GetInt32());
        Assert.Equal(200, root.GetProperty("answered").GetInt32());
        Assert.Equal(200, root.GetProperty("offered_rps").GetDouble(), 2.0);
        Assert.Equal(0, root.GetProperty("empty").GetInt32());
        Assert.Empty(root.GetProperty("errors").EnumerateObject());
        // Nobody called u1 is known here, so the context decides for all.
        Assert.Equal(200, root.GetProperty("served_by").GetProperty("cluster_profile").GetInt32());
        Assert.True(root.GetProperty("latency_us").GetProperty("p50").GetDouble() > 0);
    }

    [Fact]
    public async Task Load_OverAStreamThatOutlivesTheDeadline_GoesOn()
    {
        CliRun run = await CliRun.Of(
            "load", "--address", _address, "--rps", "20", "--duration", "1500ms", "--warmup", "0", "--arrivals", "constant", "--users", "10", "--mix", "stream=1", "--deadline", "500ms", "--max-errors", "0", "--json", "-");
        Assert.True(run.Code == 0, run.Error);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        Assert.Equal(30, report.RootElement.GetProperty("answered").GetInt32());
    }

    [Fact]
    public async Task Load_WithAGateThatNothingPasses_Says1()
    {
        CliRun run = await CliRun.Of("load", "--address", _address, "--rps", "100", "--duration", "300ms", "--warmup", "0", "--max-p99", "0.000001");
        Assert.Equal(1, run.Code);
        Assert.Contains("failed: p99 is", run.Error, StringComparison.Ordinal);
        Assert.Contains("latency p99", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_OfAMixInSteps_AnswersEveryKindAtEveryRate()
    {
        // Events change what is served.
        await using RunningServer server = await RunningServer.StartAsync();
        string file = Path.GetTempFileName();
        try
        {
            CliRun run = await CliRun.Of(
                "load", "--address", server.Host.GrpcAddress, "--rps", "200,400", "--duration", "500ms", "--warmup", "100ms", "--arrivals", "constant", "--users", "10", "--items", "20", "--context", "country=France", "--deadline", "30s",
                "--mix", "warm=2,cold=1,session=1,similar=1,events=1,stream=1", "--item-prefix", "item-", "--session-items", "2", "--header", "x-priority=bulk", "--json", file);
            Assert.Equal((0, ""), (run.Code, run.Error.StartsWith("warning", StringComparison.Ordinal) ? "" : run.Error));
            using JsonDocument report = JsonDocument.Parse(await File.ReadAllTextAsync(file));
            JsonElement[] steps = [.. report.RootElement.GetProperty("steps").EnumerateArray()];
            Assert.All(steps, step => Assert.Equal("{}", step.GetProperty("errors").GetRawText()));
            Assert.Equal([100, 200], steps.Select(step => step.GetProperty("answered").GetInt32()));
            Assert.All(steps, step => Assert.Equal(6, step.GetProperty("kinds").EnumerateObject().Count(kind => kind.Value.GetProperty("answered").GetInt32() is > 0 and int answered && answered == kind.Value.GetProperty("offered").GetInt32())));
            Assert.All(steps, step => Assert.Equal(0, step.GetProperty("empty").GetInt32()));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task Load_ThatSearches_FindsTheHighestRateWhereNothingIsTooMuch()
    {
        CliRun run = await CliRun.Of("load", "--address", _address, "--search", "20:60", "--slo", "60s", "--duration", "300ms", "--warmup", "100ms", "--arrivals", "constant", "--users", "10", "--deadline", "30s", "--json", "-");
        Assert.Equal(0, run.Code);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        double[] tried = [.. report.RootElement.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("target_rps").GetDouble()).Distinct()];
        Assert.Equal([20, 30], tried[..2]);
        // All of 20, 30, 45 and 60, unless the machine held up the last answers of one: RateSearchTests have the search itself.
        Assert.Contains(report.RootElement.GetProperty("search").GetProperty("sustained_rps").GetDouble(), tried);
    }

    /// <summary>The cells of a table's rows, without its frame and header.</summary>
    private static IEnumerable<string[]> RowsOf(string output) => output.Split('\n')
        .Where(line => line.StartsWith('│') && !line.Contains("rank", StringComparison.Ordinal))
        .Select(line => line.Trim('│').Split('│').Select(cell => cell.Trim()).ToArray());
}
