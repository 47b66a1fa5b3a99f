using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Server.Options;
using Inference.Towers;
using Inference.Towers.Bundles;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Recsys.V1;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>A second version in the shadow of the active one, on the running server.</summary>
public sealed class ShadowTests
{
    private const int Requests = 20;

    /// <summary>Whether all were compared, or too late for it: a shadow's tower has a second, and a busy machine may stand still for that long.</summary>
    private static readonly Func<ShadowComparison, bool> IsOver = shadow => shadow.Compared + shadow.Failed + shadow.Dropped == Requests;

    [Fact]
    public async Task Recommend_WithTheSameTowersInTheShadow_IsComparedAndAlike()
    {
        await using RunningServer server = await StartAsync(share: 1);
        await AddAsync(server, content => content);

        IReadOnlyList<RecommendResponse> replies = await AskAsync(server);

        Assert.All(replies, reply => Assert.Equal("small/1", reply.ModelVersion));
        ShadowComparison shadow = await UntilAsync(server, IsOver);
        Assert.InRange(shadow.Compared, Requests - 2, Requests);
        Assert.Equal(("small/1", "small/2", 1.0), (shadow.Active.Version, shadow.Shadow.Version, shadow.Share));
        Assert.Equal((1.0, 1.0, 1.0), (shadow.Overlap, shadow.RankCorrelation, shadow.SameTop));
        Assert.True(shadow.Shadow.MeanLatency.ToTimeSpan() > TimeSpan.Zero && shadow.Shadow.P99Latency.ToTimeSpan() >= shadow.Shadow.MeanLatency.ToTimeSpan() / 2);
    }

    [Fact]
    public async Task Recommend_WithOtherTowersInTheShadow_TellsThatTheyDiffer_AndRepliesStay()
    {
        await using RunningServer alone = await StartAsync(share: 0);
        await using RunningServer server = await StartAsync(share: 1);
        await AddAsync(server, _ => new UnitTests.Towers.SmallWorld(items: 40, seed: 8).Content());

        IReadOnlyList<RecommendResponse> replies = await AskAsync(server), expected = await AskAsync(alone);

        Assert.Equal(expected.Select(reply => reply.Items), replies.Select(reply => reply.Items));
        ShadowComparison shadow = await UntilAsync(server, IsOver);
        Assert.InRange(shadow.Compared, Requests - 2, Requests);
        Assert.InRange(shadow.Overlap, 0.05, 0.8);
        Assert.InRange(shadow.RankCorrelation, -1, 0.5);
    }

    [Fact]
    public async Task Recommend_WithAShareOfNothing_AsksNoShadow()
    {
        await using RunningServer server = await StartAsync(share: 0);
        var tower = new RiggedTower(() => { });
        await AddAsync(server, content => content, tower);

        await AskAsync(server);

        Assert.Null((await Models(server).StatusAsync(new StatusRequest())).Shadow);
        Assert.Equal(0, tower.Calls);
    }

    [Fact]
    public async Task Recommend_WithAShadowThatThrows_IsAnsweredAllTheSame()
    {
        await using RunningServer server = await StartAsync(share: 1);
        await AddAsync(server, content => content, new RiggedTower(() => throw new InvalidOperationException("rigged")));

        IReadOnlyList<RecommendResponse> replies = await AskAsync(server);

        Assert.All(replies, reply => Assert.Equal((10, 0), (reply.Items.Count, reply.Degraded.Count)));
        ShadowComparison shadow = await UntilAsync(server, shadow => shadow.Failed == Requests);
        Assert.False(shadow.HasOverlap);
        Assert.Equal(0, shadow.Compared);
    }

    [Fact]
    public async Task Recommend_WithAShadowThatHangs_IsAnsweredAllTheSame_AndTheRestIsDropped()
    {
        using var hanging = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using RunningServer server = await StartAsync(share: 1, queue: 3);
        await AddAsync(server, content => content, new RiggedTower(() =>
        {
            entered.TrySetResult();
            hanging.Wait();
        }));
        try
        {
            await server.Recommendations.RecommendAsync(new RecommendRequest { UserId = "ann", RequestId = "first" });
            await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));

            IReadOnlyList<RecommendResponse> replies = await AskAsync(server);

            Assert.All(replies, reply => Assert.Equal((10, 0), (reply.Items.Count, reply.Degraded.Count)));
            ShadowComparison shadow = (await Models(server).StatusAsync(new StatusRequest())).Shadow;
            Assert.Equal((Requests - 3L, 0L, 0L), (shadow.Dropped, shadow.Compared, shadow.Failed));
        }
        finally
        {
            hanging.Set();
        }
    }

    [Fact]
    public async Task Repository_LoadsTheShadow_AndDoesNotActivateIt()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(configure: options => (options.Models.ShadowVersion, options.Models.ShadowShare) = ("small/2", 1), published: ["2"]);
        await server.UntilAsync("small/2", VersionState.Loaded);
        await server.PublishAsync("3");
        await server.UntilAsync(status => status.Active.Version == "small/3");

        await server.RecommendAsync("ann");
        StatusResponse status = await server.UntilAsync(status => status.Shadow?.Compared == 1);

        Assert.Equal(("small/3", "small/2", 1.0), (status.Shadow.Active.Version, status.Shadow.Shadow.Version, status.Shadow.Overlap));
        CliRun shown = await CliRun.Of("models", "shadow", "--address", server.Server.Host.GrpcAddress);
        Assert.Equal((0, ""), (shown.Code, shown.Error));
        Assert.Contains("small/2 in the shadow of small/3", shown.Output, StringComparison.Ordinal);
        Assert.Contains("1 compared, 0 dropped, 0 failed", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Repository_WithAShadowThatComesLater_LoadsItThen()
    {
        await using VersionedServer server = await VersionedServer.StartAsync(configure: options => (options.Models.ShadowVersion, options.Models.ShadowShare) = ("small/2", 1));
        Assert.Equal(1, (await CliRun.Of("models", "shadow", "--address", server.Server.Host.GrpcAddress)).Code);
        await server.PublishAsync("2");

        await server.UntilAsync("small/2", VersionState.Loaded);
        await server.RecommendAsync("ann");

        Assert.Equal("small/1", (await server.UntilAsync(status => status.Shadow?.Compared == 1)).Active.Version);
    }

    [Fact]
    public async Task Status_BeforeTheShadowIsLoaded_CountsWhatItCouldNotAnswer()
    {
        await using RunningServer server = await StartAsync(share: 1);

        await AskAsync(server);

        Assert.Equal(0, (await UntilAsync(server, shadow => shadow.Failed == Requests)).Compared);
    }

    [Fact]
    public async Task ModelService_TellsWhichSpaceAVersionComesFrom()
    {
        await using RunningServer server = await RunningServer.StartAsync(change: content => content with { ParentSpaceId = "teachers" });

        Assert.Equal("teachers", (await Models(server).StatusAsync(new StatusRequest())).Active.ParentSpaceId);
    }

    private static Task<RunningServer> StartAsync(double share, int queue = 64) => RunningServer.StartAsync(options =>
    {
        ModelOptions models = options.Models;
        (models.ShadowVersion, models.ShadowShare, models.ShadowQueue) = ("small/2", share, queue);
    });

    /// <summary>Loads version 2 beside the active one; with another user tower where one is given.</summary>
    private static async Task AddAsync(RunningServer server, Func<BundleContent, BundleContent> change, IUserTower? tower = null)
    {
        string folder = await RunningServer.WriteBundleAsync(content => change(content) with { Version = "2" });
        // By the ladder alone, as the version that it is compared with.
        LoadedBundle bundle = await BundleLoader.LoadAsync(folder, new BundleLoadSettings { Fusion = new FusionOptions { FewEvents = 0 } });
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(folder))!, recursive: true);
        Snapshot loaded = bundle.Snapshot;
        Snapshot added = tower is null
            ? loaded
            : new Snapshot(loaded.Model, loaded.Items, loaded.Index, tower, loaded.ItemTower, loaded.Popularity, loaded.Profiles, loaded);
        server.Host.Services.GetRequiredService<SnapshotRegistry>().Add(added);
    }

    /// <summary>Requests that reach the towers.</summary>
    private static async Task<IReadOnlyList<RecommendResponse>> AskAsync(RunningServer server)
    {
        var replies = new List<RecommendResponse>();
        for (int i = 0; i < Requests; i++)
            replies.Add(await server.Recommendations.RecommendAsync(new RecommendRequest { RecentItemIds = { $"item-{i}" }, RequestId = $"r{i}" }));
        return replies;
    }

    private static async Task<ShadowComparison> UntilAsync(RunningServer server, Func<ShadowComparison, bool> holds)
    {
        using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (true)
        {
            ShadowComparison? shadow = (await Models(server).StatusAsync(new StatusRequest())).Shadow;
            if (shadow is not null && holds(shadow))
                return shadow;
            Assert.False(late.IsCancellationRequested, $"It did not come to that: {shadow}");
        }
    }

    private static ModelService.ModelServiceClient Models(RunningServer server) => new(server.Channel);

    /// <summary>A tower that does what the test says before it answers.</summary>
    private sealed class RiggedTower(Action act) : IUserTower
    {
        private int _calls;

        public FeatureSchema Features => FeatureSchema.Empty;

        public int Calls => Volatile.Read(ref _calls);

        public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _calls);
            act();
            embeddings.Span.Fill(0.5f);
            return new(EncodeOutcome.Encoded);
        }
    }
}
