using System.Diagnostics.Metrics;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Recommendations.Comparison;

public sealed class ShadowTrafficTests
{
    private static readonly RecommendQuery Anna = new() { UserId = "anna", Limit = 2 };

    [Fact]
    public async Task Offer_WhereTheShadowIsTheSameModel_FindsNoDifference()
    {
        await using var shadow = new Shadowed(new World(), new World(version: "2"));

        for (int i = 0; i < 5; i++)
            await shadow.AskAsync(Anna, $"r{i}");

        ShadowReport report = await shadow.UntilAsync(report => report.Compared == 5);
        Assert.Equal((1.0, 1.0, 1.0, 0L, 0L), (report.Overlap, report.RankCorrelation, report.SameTop, report.Dropped, report.Failed));
        Assert.Equal(("shop/1", "shop/2"), (report.Active.Version, report.Shadow.Version));
        Assert.Equal(shadow.Active.Time.GetUtcNow(), report.Since);
    }

    [Fact]
    public async Task Offer_WhereTheShadowRanksAnotherWay_TellsByHowMuch()
    {
        // What Anna is shown lies along axis 1; this tower answers axis 2, so nothing is shared.
        await using var shadow = new Shadowed(new World(), new World(new FixedTower(0, 0, 1), version: "2"));

        await shadow.AskAsync(Anna, "r");

        ShadowReport report = await shadow.UntilAsync(report => report.Compared == 1);
        Assert.Equal((0.0, 0.0, 0.0), (report.Overlap, report.RankBiasedOverlap, report.SameTop));
        Assert.Equal(-4.0 / 5, report.RankCorrelation, 12);
    }

    [Fact]
    public async Task Offer_ChoosesItsShareOfTheIds_TheSameEveryTime()
    {
        await using var shadow = new Shadowed(new World(), new World(version: "2"), share: 0.25, queue: 2_000);
        int chosen = Enumerable.Range(0, 1_000).Count(i => TrafficSplit.PlaceOf($"r{i}") >= 0.75);
        Assert.InRange(chosen, 200, 300);

        for (int i = 0; i < 1_000; i++)
            await shadow.AskAsync(Anna, $"r{i}");

        Assert.Equal(0, (await shadow.UntilAsync(report => report.Compared == chosen)).Dropped);
        await shadow.Traffic.StopAsync(CancellationToken.None);
        Assert.Equal(chosen, shadow.Traffic.Report()!.Compared);
    }

    [Theory]
    [InlineData("shop/2", 0.0)]
    [InlineData("", 1.0)]
    public async Task Offer_WithoutAShadow_DoesNothing(string version, double share)
    {
        var tower = new FixedTower(0, 0, 1);
        await using var shadow = new Shadowed(new World(), new World(tower, version: "2"), share, version);

        for (int i = 0; i < 100; i++)
            await shadow.AskAsync(Anna, $"r{i}");

        await shadow.Traffic.StopAsync(CancellationToken.None);
        Assert.Null(shadow.Traffic.Report());
        Assert.Equal(0, tower.Calls);
    }

    [Fact]
    public async Task Offer_OfWhatAnotherThanTheActiveVersionAnswered_IsNotCompared()
    {
        var pinned = new World(version: "3");
        await using var shadow = new Shadowed(new World(), new World(version: "2"));
        RecommendReply reply = await pinned.Pipeline.RecommendAsync(pinned.Snapshot, Anna, CancellationToken.None);

        shadow.Traffic.Offer(pinned.Snapshot, Anna, "r", reply, shadow.Traffic.Begin());

        Assert.Null(shadow.Traffic.Report());
    }

    [Fact]
    public async Task Offer_WhereTheShadowIsActive_ComparesNothing()
    {
        await using var shadow = new Shadowed(new World(), new World(version: "2"), version: "shop/1");

        await shadow.AskAsync(Anna, "r");

        Assert.Null(shadow.Traffic.Report());
    }

    [Theory]
    [InlineData("shop/9")] // not loaded
    [InlineData("shop/2")] // throws
    public async Task Offer_WhereTheShadowCannotAnswer_CountsIt(string version)
    {
        await using var shadow = new Shadowed(new World(), new World(new ScriptedTower(_ => throw new TowerException("broken")), version: "2"), version: version);

        await shadow.AskAsync(Anna, "r");

        ShadowReport report = await shadow.UntilAsync(report => report.Failed == 1);
        Assert.Equal(0, report.Compared);
        Assert.True(double.IsNaN(report.Overlap));
    }

    [Fact]
    public async Task Offer_WhereTheShadowsTowerNeverAnswers_GivesUpAfterASecond()
    {
        var never = new TaskCompletionSource<EncodeOutcome>();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tower = new ScriptedTower(_ =>
        {
            entered.SetResult();
            return new ValueTask<EncodeOutcome>(never.Task);
        });
        await using var shadow = new Shadowed(new World(), new World(tower, version: "2"));

        await shadow.AskAsync(Anna, "r");
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));
        while (shadow.Active.Time.ActiveTimers == 0)
            await Task.Yield();
        shadow.Active.Time.Advance(TimeSpan.FromSeconds(1));

        await shadow.UntilAsync(report => report.Failed == 1);
    }

    [Fact]
    public async Task Offer_WhereTheShadowIsBusy_DropsAndCounts()
    {
        using var blocked = new ManualResetEventSlim();
        var entered = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var tower = new ScriptedTower(_ =>
        {
            entered.TrySetResult();
            blocked.Wait(CancellationToken.None);
            return new(EncodeOutcome.Encoded);
        });
        await using var shadow = new Shadowed(new World(), new World(tower, version: "2"), queue: 2);

        await shadow.AskAsync(Anna, "first");
        await entered.Task.WaitAsync(TimeSpan.FromSeconds(30));
        for (int i = 0; i < 9; i++)
            await shadow.AskAsync(Anna, $"r{i}"); // serving goes on, though the shadow stands still

        Assert.Equal((7L, 0L), (shadow.Traffic.Report()!.Dropped, shadow.Traffic.Report()!.Compared));
        blocked.Set();
        Assert.Equal(7, (await shadow.UntilAsync(report => report.Compared == 3)).Dropped);
    }

    [Fact]
    public async Task Offer_AsksTheTowerAsBulk_AndNoStore()
    {
        var tower = new FixedTower(0, 1, 0);
        var held = new UserState(FeatureSet.None, ["i1", "i4"]);
        var states = new ScriptedStates(_ => throw new InvalidOperationException("The store was asked."), held);
        await using var shadow = new Shadowed(new World(), new World(tower, version: "2"), states: states);

        await shadow.AskAsync(Anna, "r");

        ShadowReport report = await shadow.UntilAsync(report => report.Compared == 1);
        Assert.Equal(WorkPriority.Bulk, tower.LastPriority);
        Assert.Equal(1, report.Overlap); // i7 and i10: what was seen is left out in the shadow as well
    }

    [Fact]
    public async Task Report_BeginsAnewWithTheActiveVersion()
    {
        await using var shadow = new Shadowed(new World(), new World(version: "2"));
        await shadow.AskAsync(Anna, "r");
        await shadow.UntilAsync(report => report.Compared == 1);
        var next = new World(version: "3");

        shadow.Snapshots.Activate(next.Snapshot);
        await shadow.AskAsync(Anna, "r", next);

        ShadowReport report = await shadow.UntilAsync(report => report.Active.Version == "shop/3" && report.Compared == 1);
        Assert.Equal("shop/2", report.Shadow.Version);
    }

    [Fact]
    public async Task Offer_CountsForItselfAndNotForServing()
    {
        var served = 0L;
        var shadowed = new List<string?>();
        await using var shadow = new Shadowed(new World(), new World(version: "2"));
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Meter.Scope == shadow.Active.Meters)
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
        {
            if (instrument.Name == "recsys.recommendations")
                Interlocked.Add(ref served, value);
            if (instrument.Name != "recsys.shadow.requests")
                return;
            lock (shadowed)
                shadowed.Add((string?)tags.ToArray().Single(tag => tag.Key == "recsys.outcome").Value);
        });
        listener.Start();

        await shadow.AskAsync(Anna, "r");
        await shadow.UntilAsync(report => report.Compared == 1);
        await shadow.Traffic.StopAsync(CancellationToken.None);
        listener.RecordObservableInstruments();

        Assert.Equal(1, served);
        Assert.Equal(["compared"], shadowed);
    }

    [Theory]
    [InlineData(Components.UserTower)]
    [InlineData(Components.Ranker)]
    public async Task Offer_OfASlateThatLostAModel_ComparesNothing(string component)
    {
        await using var shadow = new Shadowed(new World(), new World(version: "2"));
        RecommendReply whole = await shadow.Active.Pipeline.RecommendAsync(shadow.Active.Snapshot, Anna, CancellationToken.None);
        RecommendReply lost = whole with { Degraded = [new Degradation(component, DegradationReason.Timeout, "It was late.")] };

        shadow.Traffic.Offer(shadow.Active.Snapshot, Anna, "lost", lost, shadow.Traffic.Begin());
        shadow.Traffic.Offer(shadow.Active.Snapshot, Anna, "whole", whole, shadow.Traffic.Begin());

        await shadow.UntilAsync(report => report.Compared > 0);
        await shadow.Traffic.StopAsync(CancellationToken.None);
        Assert.Equal(1, shadow.Traffic.Report()!.Compared);
    }

    [Fact]
    public async Task Offer_OfWhatIsNotChosen_AllocatesNothing()
    {
        await using var shadow = new Shadowed(new World(), new World(version: "2"), share: 1e-9);
        RecommendReply reply = await shadow.Active.Pipeline.RecommendAsync(shadow.Active.Snapshot, Anna, CancellationToken.None);
        for (int i = 0; i < 100; i++)
            shadow.Traffic.Offer(shadow.Active.Snapshot, Anna, "r", reply, shadow.Traffic.Begin());

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 100; i++)
                shadow.Traffic.Offer(shadow.Active.Snapshot, Anna, "r", reply, shadow.Traffic.Begin());
        }));
    }

    /// <summary>A world that serves, and another in its shadow.</summary>
    private sealed class Shadowed : IAsyncDisposable
    {
        public Shadowed(World active, World other, double share = 1, string version = "shop/2", int queue = 64, IUserStates? states = null)
        {
            Active = active;
            Snapshots.Activate(active.Snapshot);
            Snapshots.Add(other.Snapshot);
            Traffic = new ShadowTraffic(
                new ShadowPlan(version, share, 1, queue), Snapshots, states ?? active.States, World.Keys, new ShadowMetrics(active.Meters), active.Time, NullLoggerFactory.Instance);
        }

        public World Active { get; }

        public SnapshotRegistry Snapshots { get; } = new();

        public ShadowTraffic Traffic { get; }

        /// <summary>Answers as the server does, and hands the request over.</summary>
        public async Task AskAsync(RecommendQuery query, string requestId, World? from = null)
        {
            World world = from ?? Active;
            long begun = Traffic.Begin();
            RecommendReply reply = await world.Pipeline.RecommendAsync(world.Snapshot, query, CancellationToken.None);
            Traffic.Offer(world.Snapshot, query, requestId, reply, begun);
        }

        public async Task<ShadowReport> UntilAsync(Func<ShadowReport, bool> holds)
        {
            using var late = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (true)
            {
                if (Traffic.Report() is { } report && holds(report))
                    return report;
                Assert.False(late.IsCancellationRequested, $"It did not come to that: {Traffic.Report()}");
                await Task.Yield();
            }
        }

        public async ValueTask DisposeAsync() => await Traffic.DisposeAsync();
    }

    /// <summary>Answers every user with one vector.</summary>
    private sealed class FixedTower(params float[] vector) : IUserTower
    {
        public FeatureSchema Features => FeatureSchema.Empty;

        public int Calls { get; private set; }

        public WorkPriority? LastPriority { get; private set; }

        public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
        {
            Calls++;
            LastPriority = urgency.Priority;
            vector.CopyTo(embeddings);
            return new(EncodeOutcome.Encoded);
        }
    }
}
