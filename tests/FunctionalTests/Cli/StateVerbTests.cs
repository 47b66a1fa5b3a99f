using System.Globalization;
using System.Text.Json;
using FunctionalTests.Server;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>record, state and forget against the whole server.</summary>
public sealed class StateVerbTests
{
    [Fact]
    public async Task UserOfTheBundle_IsShownRecordedAndForgotten()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string[] to = ["--address", server.Host.GrpcAddress, "--user", "ann"];

        CliRun recorded = await CliRun.Of(["record", .. to, "--click", "item-7,item-8", "--skip", "item-9"]);
        Assert.Equal((0, "recorded 3, duplicates 0, refused 0, dropped 0"), (recorded.Code, recorded.Output.Trim()));
        await CliRun.Of(["recommend", .. to]);

        CliRun shown = await CliRun.Of(["state", .. to, "--json", "-"]);
        using (JsonDocument user = JsonDocument.Parse(shown.Output))
        {
            Assert.Equal(["item-7", "item-8"], user.RootElement.GetProperty("history_item_ids").EnumerateArray().TakeLast(2).Select(id => id.GetString()));
            Assert.Equal(
                ["EVENT_TYPE_CLICK", "EVENT_TYPE_CLICK", "EVENT_TYPE_SKIP"],
                user.RootElement.GetProperty("interactions").EnumerateArray().Select(one => one.GetProperty("type").GetString()));
            Assert.Single(user.RootElement.GetProperty("embedding_space_ids").EnumerateArray());
            Assert.False(user.RootElement.GetProperty("forgotten").GetBoolean());
        }

        Assert.Contains("item-9", (await CliRun.Of(["state", .. to])).Output, StringComparison.Ordinal);
        CliRun forgotten = await CliRun.Of(["forget", .. to]);
        Assert.Equal(0, forgotten.Code);
        Assert.StartsWith("forgotten at ", forgotten.Output, StringComparison.Ordinal);
        Assert.Equal("recorded 0, duplicates 0, refused 1, dropped 0", (await CliRun.Of(["record", .. to, "--click", "item-7"])).Output.Trim());
        string after = (await CliRun.Of(["state", .. to])).Output;
        Assert.Contains("forgotten, events are refused", after, StringComparison.Ordinal);
        Assert.Contains("history: empty", after, StringComparison.Ordinal);
        Assert.Contains("no embedding is cached", after, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sum_CountsWhatTheCachesDid()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        string[] to = ["--address", server.Host.GrpcAddress];
        // The requests that warm the first server of a process up have looked into its caches, too.
        using JsonDocument before = JsonDocument.Parse((await CliRun.Of(["state", .. to, "--json", "-"])).Output);
        for (int i = 0; i < 3; i++)
            await CliRun.Of(["recommend", .. to, "--user", "ann"]);

        CliRun run = await CliRun.Of(["state", .. to, "--json", "-"]);

        using JsonDocument state = JsonDocument.Parse(run.Output);
        JsonElement embeddings = Embeddings(state), earlier = Embeddings(before);
        Assert.Equal(("2", "0", "1"), (Text(embeddings, "hits"), Text(embeddings, "store_hits"), Text(embeddings, "entries")));
        Assert.Equal(1, Misses(embeddings) - Misses(earlier));
        Assert.Equal("none", state.RootElement.GetProperty("store").GetProperty("status").GetString());
        Assert.Contains("shared store: none", (await CliRun.Of(["state", .. to])).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task User_WithoutId_IsRefused()
    {
        await using RunningServer server = await RunningServer.StartAsync();

        CliRun run = await CliRun.Of("state", "--address", server.Host.GrpcAddress, "--user", "");

        Assert.Equal(1, run.Code);
        Assert.Contains("user_id: is empty", run.Error, StringComparison.Ordinal);
    }

    private static JsonElement Embeddings(JsonDocument state) => state.RootElement.GetProperty("caches").EnumerateArray().Single(cache => cache.GetProperty("name").GetString() == "embeddings");

    private static int Misses(JsonElement cache) => int.Parse(Text(cache, "misses") ?? "0", CultureInfo.InvariantCulture);

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
