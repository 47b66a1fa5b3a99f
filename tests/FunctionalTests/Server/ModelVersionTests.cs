using System.Globalization;
using Grpc.Core;
using Inference.Towers.Bundles;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server;

public sealed class ModelVersionTests
{
    [Fact]
    public async Task Latest_TakesANewVersion_AndLetsTheFormerGo()
    {
        await using VersionedServer server = await VersionedServer.StartAsync();
        Assert.Equal("small/1", (await server.RecommendAsync("u")).ModelVersion);

        await server.PublishAsync("2");
        // What one would go back to is told a moment later.
        StatusResponse status = await server.UntilAsync(status => status is { Active.Version: "small/2", RollbackTo.Length: > 0 });

        Assert.Equal(("space-2", VersionState.Active, 1.0, "small/1"), (status.Active.EmbeddingSpaceId, status.Active.State, status.Active.TrafficShare, status.RollbackTo));
        RecommendResponse reply = await server.RecommendAsync("u");
        Assert.Equal(("small/2", "space-2"), (reply.ModelVersion, reply.EmbeddingSpaceId));
        await server.UntilAsync("small/1", VersionState.Available);
        Assert.Equal("MODEL_VERSION_NOT_LOADED", (await FailAsync(() => server.RecommendAsync("u", "small/1"))).Reason);
    }

    [Fact]
    public async Task Latest_AtTheStart_TakesTheHighest()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(published: ["2", "10"]);
        StatusResponse status = await server.UntilAsync(_ => true);
        Assert.Equal("small/10", status.Active.Version);
        ListVersionsResponse list = await server.Models.ListVersionsAsync(new ListVersionsRequest());
        Assert.Equal(
            [("small/10", VersionState.Active), ("small/2", VersionState.Available), ("small/1", VersionState.Available)],
            list.Versions.Select(version => (version.Version, version.State)));
    }

    [Fact]
    public async Task ARefusedVersion_IsToldWithItsReasons_AndTriedAgainWhenItIsMended()
    {
        await using VersionedServer server = await VersionedServer.StartAsync();
        string manifest = await PublishHalfAsync(server, "2");

        ModelVersion refused = await server.UntilAsync("small/2", VersionState.Refused);
        Assert.Contains(refused.Reasons, reason => reason.Contains("item_tower.onnx", StringComparison.Ordinal));
        Assert.Equal("small/1", (await server.RecommendAsync("u")).ModelVersion);
        CallFailure failure = await RunningServer.FailAsync(server.Models.LoadAsync(new LoadRequest { Version = "small/2" }));
        Assert.Equal((StatusCode.FailedPrecondition, "BUNDLE_REFUSED"), (failure.Code, failure.Reason));
        Assert.Contains("item_tower.onnx", failure.Message, StringComparison.Ordinal);

        File.Move(manifest + ".kept", manifest);
        await server.UntilAsync(status => status.Active.Version == "small/2");
    }

    [Fact]
    public async Task AHalfWrittenVersion_IsNotTouchedUntilItSettles()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(configure: options => options.Models.SettleTime = TimeSpan.FromHours(1));
        await PublishHalfAsync(server, "2");
        ModelVersion seen = await server.UntilAsync("small/2", VersionState.Available);
        Assert.Empty(seen.Reasons);
        Assert.Equal(VersionState.Available, (await server.UntilAsync("small/2", VersionState.Available)).State);
    }

    [Fact]
    public async Task TheHighestIsRefusedAtTheStart_ALowerOneAnswers()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(configure: options =>
        {
            string broken = Directory.CreateDirectory(Path.Combine(options.Bundle.Path, "7")).FullName;
            File.WriteAllText(Path.Combine(broken, "manifest.json"), "{");
        });
        Assert.Equal("small/1", (await server.RecommendAsync("u")).ModelVersion);
        Assert.NotEmpty((await server.UntilAsync("small/7", VersionState.Refused)).Reasons);
    }

    [Fact]
    public async Task All_ServesEach_AndLetsGoOfOneWhoseFolderGoes()
    {
        await using VersionedServer server = await VersionedServer.StartAsync("all", published: "2");
        await server.UntilAsync("small/1", VersionState.Loaded);
        Assert.Equal("small/2", (await server.RecommendAsync("u")).ModelVersion);
        Assert.Equal("space-1", (await server.RecommendAsync("u", "small/1")).EmbeddingSpaceId);

        await server.PublishAsync("3");
        await server.UntilAsync(status => status.Active.Version == "small/3");
        Assert.Equal("space-2", (await server.RecommendAsync("u", "small/2")).EmbeddingSpaceId);

        Directory.Delete(Path.Combine(server.Folder, "2"), recursive: true);
        while ((await server.Models.ListVersionsAsync(new ListVersionsRequest())).Versions.Any(version => version.Version == "small/2" && version.State is VersionState.Loaded or VersionState.Unloading))
        {
        }

        Assert.Equal("MODEL_VERSION_NOT_LOADED", (await FailAsync(() => server.RecommendAsync("u", "small/2"))).Reason);
        Assert.Equal("space-1", (await server.RecommendAsync("u", "small/1")).EmbeddingSpaceId);
    }

    [Fact]
    public async Task EachVersion_KnowsTheUsersOfItsOwnBundle()
    {
        await using VersionedServer server = await VersionedServer.StartAsync("all");
        await server.PublishAsync("2", change: content => content with { Users = [new BundleUser { Id = "anna", History = [content.Items[3].Id] }] });
        await server.UntilAsync(status => status.Active.Version == "small/2");

        Assert.Equal(Rung.UserTower, (await server.RecommendAsync("anna")).ServedBy);
        Assert.NotEqual(Rung.UserTower, (await server.RecommendAsync("anna", "small/1")).ServedBy);
        await server.Models.ActivateAsync(new ActivateRequest { Version = "small/1" });
        Assert.NotEqual(Rung.UserTower, (await server.RecommendAsync("anna")).ServedBy);
        Assert.Contains((await server.RecommendAsync("anna", "small/2")).ServedBy, new[] { Rung.UserTower, Rung.CachedEmbedding });
    }

    [Fact]
    public async Task Specific_ServesTheNamedOnes_AndNoOther()
    {
        await using VersionedServer server = await VersionedServer.StartAsync("1,3", published: ["2", "3"]);
        await server.UntilAsync("small/1", VersionState.Loaded);
        Assert.Equal("small/3", (await server.RecommendAsync("u")).ModelVersion);
        await server.PublishAsync("4");
        await server.UntilAsync("small/4", VersionState.Available);
        Assert.Equal(VersionState.Available, (await server.UntilAsync("small/2", VersionState.Available)).State);
    }

    [Fact]
    public async Task ByHand_LoadActivateRollbackUnload()
    {
        await using VersionedServer server = await VersionedServer.StartAsync("1", published: "2");
        ModelVersion loaded = (await server.Models.LoadAsync(new LoadRequest { Version = "small/2" })).Version;
        Assert.Equal((VersionState.Loaded, 0.0, RunningServer.World.ItemCount), (loaded.State, loaded.TrafficShare, (int)loaded.Items));
        Assert.Equal("space-2", (await server.RecommendAsync("u", "small/2")).EmbeddingSpaceId);
        Assert.Equal("small/1", (await server.RecommendAsync("u")).ModelVersion);

        Assert.Equal("VERSION_IS_ACTIVE", (await RunningServer.FailAsync(server.Models.UnloadAsync(new UnloadRequest { Version = "small/1" }))).Reason);
        Assert.Equal("NO_FORMER_VERSION", (await RunningServer.FailAsync(server.Models.RollbackAsync(new RollbackRequest()))).Reason);
        CallFailure unknown = await RunningServer.FailAsync(server.Models.LoadAsync(new LoadRequest { Version = "small/9" }));
        Assert.Equal((StatusCode.NotFound, "UNKNOWN_VERSION"), (unknown.Code, unknown.Reason));
        Assert.Contains("small/1, small/2", unknown.Message, StringComparison.Ordinal);

        Assert.Equal(VersionState.Active, (await server.Models.ActivateAsync(new ActivateRequest { Version = "small/2" })).Version.State);
        Assert.Equal("small/2", (await server.RecommendAsync("u")).ModelVersion);
        Assert.Equal("small/1", (await server.Models.RollbackAsync(new RollbackRequest())).Version.Version);
        Assert.Equal("small/1", (await server.RecommendAsync("u")).ModelVersion);

        await server.Models.UnloadAsync(new UnloadRequest { Version = "small/2" });
        Assert.Equal(VersionState.Available, (await server.UntilAsync("small/2", VersionState.Available)).State);
        Assert.Equal("VERSION_NOT_LOADED", (await RunningServer.FailAsync(server.Models.ActivateAsync(new ActivateRequest { Version = "small/2" }))).Reason);
    }

    [Fact]
    public async Task Rollback_OfAVersionThatHasGone_LoadsItAgain_AndTheWatchLeavesItSo()
    {
        await using VersionedServer server = await VersionedServer.StartAsync();
        await server.PublishAsync("2");
        await server.UntilAsync(status => status.Active.Version == "small/2");
        await server.UntilAsync("small/1", VersionState.Available);

        Assert.Equal("small/1", (await server.Models.RollbackAsync(new RollbackRequest())).Version.Version);
        await server.UntilAsync("small/2", VersionState.Available);
        Assert.Equal("small/1", (await server.RecommendAsync("u")).ModelVersion);

        // Only what comes later is taken by itself.
        await server.PublishAsync("3");
        await server.UntilAsync(status => status.Active.Version == "small/3");
        Assert.Equal(VersionState.Available, (await server.UntilAsync("small/2", VersionState.Available)).State);
    }

    [Fact]
    public async Task KeepFormer_LeavesTheFormerLoaded()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(configure: options => options.Models.KeepFormer = 1);
        await server.PublishAsync("2");
        await server.UntilAsync(status => status.Active.Version == "small/2");
        Assert.Equal("space-1", (await server.RecommendAsync("u", "small/1")).EmbeddingSpaceId);
        await server.PublishAsync("3");
        await server.UntilAsync("small/1", VersionState.Available);
        Assert.Equal("space-2", (await server.RecommendAsync("u", "small/2")).EmbeddingSpaceId);
    }

    [Fact]
    public async Task Canary_GetsItsShare_UntilItIsActivated()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(configure: options => options.Models.CanaryShare = 0.5);
        await server.PublishAsync("2");
        StatusResponse status = await server.UntilAsync(status => status.Canary is not null);
        Assert.Equal(("small/1", 0.5, "small/2", 0.5), (status.Active.Version, status.Active.TrafficShare, status.Canary.Version, status.Canary.TrafficShare));

        var answeredBy = new Dictionary<string, string>();
        for (int user = 0; user < 100; user++)
        {
            string name = user.ToString(CultureInfo.InvariantCulture);
            RecommendResponse reply = await server.RecommendAsync(name);
            Assert.Equal(reply.ModelVersion.Replace("small/", "space-", StringComparison.Ordinal), reply.EmbeddingSpaceId);
            answeredBy[name] = reply.ModelVersion;
            Assert.Equal(reply.ModelVersion, (await server.RecommendAsync(name)).ModelVersion);
        }

        // 0.5 ± 5 standard deviations.
        Assert.InRange(answeredBy.Values.Count(version => version == "small/2"), 25, 75);

        SplitTrafficResponse split = await server.Models.SplitTrafficAsync(new SplitTrafficRequest { Version = "small/2", Share = 1 });
        Assert.Equal([("small/1", 0.0), ("small/2", 1.0)], split.Versions.Append((await server.UntilAsync(_ => true)).Active).DistinctBy(version => version.Version).Select(version => (version.Version, version.TrafficShare)).Order());
        Assert.Equal("small/2", (await server.RecommendAsync("u")).ModelVersion);
        Assert.Equal("INVALID_REQUEST", (await RunningServer.FailAsync(server.Models.SplitTrafficAsync(new SplitTrafficRequest { Version = "small/2", Share = 2 }))).Reason);

        await server.Models.ActivateAsync(new ActivateRequest { Version = "small/2" });
        Assert.Null((await server.UntilAsync(status => status.Active.Version == "small/2")).Canary);
    }

    [Fact]
    public async Task Canary_ThatHadItsTime_BecomesActive()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(configure: options =>
        {
            options.Models.CanaryShare = 0.1;
            options.Models.CanaryTime = TimeSpan.FromMilliseconds(50);
        });
        await server.PublishAsync("2");
        await server.UntilAsync(status => status.Active.Version == "small/2" && status.Canary is null);
    }

    [Fact]
    public async Task ManySwaps_UnderLoad_NoErrors_NoMixedReplies()
    {
        await using VersionedServer server = await VersionedServer.StartAsync("1", published: "2");
        using var ended = new CancellationTokenSource();
        int answered = 0;
        var versions = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        Task[] callers =
        [
            .. Enumerable.Range(0, 4).Select(caller => Task.Run(async () =>
            {
                while (!ended.IsCancellationRequested)
                {
                    RecommendResponse reply = await server.RecommendAsync($"u{caller}");
                    Assert.Equal(reply.ModelVersion.Replace("small/", "space-", StringComparison.Ordinal), reply.EmbeddingSpaceId);
                    Assert.NotEmpty(reply.Items);
                    versions.AddOrUpdate(reply.ModelVersion, 1, static (_, count) => count + 1);
                    Interlocked.Increment(ref answered);
                }
            })),
        ];
        string active = "small/1", other = "small/2";
        for (int swap = 0; swap < 20; swap++)
        {
            int seen = Volatile.Read(ref answered);
            await server.Models.LoadAsync(new LoadRequest { Version = other });
            await server.Models.ActivateAsync(new ActivateRequest { Version = other });
            await server.Models.UnloadAsync(new UnloadRequest { Version = active });
            (active, other) = (other, active);
            SpinWait.SpinUntil(() => Volatile.Read(ref answered) > seen || callers.Any(caller => caller.IsFaulted));
        }

        await ended.CancelAsync();
        await Task.WhenAll(callers);
        Assert.Equal(["small/1", "small/2"], versions.Keys.Order());
        ListVersionsResponse list = await server.Models.ListVersionsAsync(new ListVersionsRequest());
        Assert.Single(list.Versions, version => version.State == VersionState.Active);
    }

    private static async Task<CallFailure> FailAsync(Func<Task<RecommendResponse>> call) => CallFailure.Of(await Assert.ThrowsAsync<RpcException>(call));

    /// <summary>A version whose item tower is still on its way. Returns the path of the file that is missing; beside it lies the content, with ".kept" behind its name.</summary>
    private static async Task<string> PublishHalfAsync(VersionedServer server, string name)
    {
        await server.PublishAsync(name, draft => File.Move(Path.Combine(draft, "item_tower.onnx"), Path.Combine(draft, "item_tower.onnx.kept")));
        return Path.Combine(server.Folder, name, "item_tower.onnx");
    }
}
