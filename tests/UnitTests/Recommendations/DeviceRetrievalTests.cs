using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>What becomes of a reply when a device searches the items, and when it does not answer.</summary>
public sealed class DeviceRetrievalTests
{
    private static readonly RecommendQuery Anna = new() { UserId = "anna", Limit = 6 };

    private readonly World _world = new();

    [Fact]
    public async Task Recommend_WithADevice_ShowsWhatItFound()
    {
        var device = new ScriptedDevice((results, _) =>
        {
            results.Span[0] = new Neighbor(9, 3);
            results.Span[1] = new Neighbor(2, 2);
            return new(new DeviceSearchResult(DeviceSearchOutcome.Found, 2));
        });

        RecommendReply reply = await _world.Pipeline.RecommendAsync(Of(device), Anna, CancellationToken.None);

        Assert.Equal(["i9", "i2"], reply.Items.Take(2).Select(item => item.ItemId));
        Assert.Equal([3f, 2f], reply.Items.Take(2).Select(item => item.Score));
        Assert.Equal(Rung.UserTower, reply.ServedBy);
        Assert.Empty(reply.Degraded);
        // What anna has seen is denied, and the device has a budget.
        Assert.Equal(2, device.LastDenied);
        Assert.Equal(_world.Options.DeviceSearchBudget, device.LastUrgency.Patience);
    }

    [Theory]
    [InlineData(DeviceSearchOutcome.Unsuited, null)]
    [InlineData(DeviceSearchOutcome.Late, DegradationReason.Timeout)]
    [InlineData(DeviceSearchOutcome.Refused, DegradationReason.Unavailable)]
    public async Task Recommend_WhenTheDeviceDoesNotAnswer_AsksTheIndexAndSaysSo(DeviceSearchOutcome outcome, DegradationReason? reason)
    {
        RecommendReply expected = await _world.Pipeline.RecommendAsync(_world.Snapshot, Anna, CancellationToken.None);

        RecommendReply reply = await _world.Pipeline.RecommendAsync(Of(new ScriptedDevice((_, _) => new(new DeviceSearchResult(outcome)))), Anna, CancellationToken.None);

        AssertSameItems(expected, reply);
        if (reason is null)
            Assert.Empty(reply.Degraded);
        else
            Assert.Equal((Components.Index, reason), (Assert.Single(reply.Degraded).Component, reply.Degraded[0].Reason));
    }

    [Fact]
    public async Task Recommend_WhenTheDeviceFails_AsksTheIndexAndSaysSo()
    {
        RecommendReply expected = await _world.Pipeline.RecommendAsync(_world.Snapshot, Anna, CancellationToken.None);

        RecommendReply reply = await _world.Pipeline.RecommendAsync(Of(new ScriptedDevice((_, _) => throw new TowerException("out of memory"))), Anna, CancellationToken.None);

        AssertSameItems(expected, reply);
        Assert.Equal((Components.Index, DegradationReason.Failed), (Assert.Single(reply.Degraded).Component, reply.Degraded[0].Reason));
    }

    [Fact]
    public async Task Recommend_WithACancelledCall_Throws()
    {
        using var given = new CancellationTokenSource();
        var device = new ScriptedDevice((_, token) =>
        {
            given.Cancel();
            token.ThrowIfCancellationRequested();
            return default;
        });

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await _world.Pipeline.RecommendAsync(Of(device), Anna, given.Token));
    }

    [Fact]
    public async Task Similar_WithNoTimeLeft_DoesNotAskTheDevice()
    {
        var device = new ScriptedDevice((_, _) => throw new InvalidOperationException("asked"));
        var query = new SimilarItemsQuery { ItemIds = ["i4"], Limit = 3 };

        RecommendReply reply = await _world.Pipeline.SimilarAsync(
            Of(device), new SimilarItemsQuery { ItemIds = ["i4"], Limit = 3, Deadline = _world.Time.GetUtcNow() + _world.Options.DeadlineReserve }, CancellationToken.None);

        AssertSameItems(_world.Pipeline.Similar(_world.Snapshot, query), reply);
        Assert.Equal((Components.Index, DegradationReason.Timeout), (Assert.Single(reply.Degraded).Component, reply.Degraded[0].Reason));
    }

    [Fact]
    public void Apply_OfChanges_TellsTheDeviceOfEachRowOnceTheIndexHasIt()
    {
        Snapshot snapshot = null!;
        var told = new List<(int Row, float Score)>();
        var device = new ScriptedDevice((_, _) => default) { Changed = row => told.Add((row, snapshot.Index.Score([1, 0, 0], row))) };
        snapshot = Of(device);

        snapshot.Editor.Apply([new ItemChange("i3", 1, ItemContent.Empty), new ItemChange("i5", 1, null), new ItemChange("new", 1, ItemContent.Empty)], [7, 0, 0, 8, 0, 0]);

        Assert.Equal([(5, float.NaN), (3, 7f), (12, 8f)], told);
    }

    private static void AssertSameItems(RecommendReply expected, RecommendReply actual)
    {
        Assert.Equal(expected.ServedBy, actual.ServedBy);
        Assert.Equal(expected.Items.Select(item => (item.ItemId, item.Score)), actual.Items.Select(item => (item.ItemId, item.Score)));
    }

    private Snapshot Of(IDeviceSearch device)
    {
        VectorMatrix rows = VectorMatrix.Create(World.Items, 3, (row, vector) => _world.Snapshot.Index.TryCopyVector(row, vector));
        var items = new ItemCatalogue([.. Enumerable.Range(0, World.Items).Select(i => $"i{i}")], new string?[World.Items]);
        return new Snapshot(_world.Snapshot.Model, items, new LiveIndex(new ExactIndex(rows, Metric.InnerProduct)), _world.Tower, null, _world.Snapshot.Popularity, _world.Snapshot.Profiles) { DeviceSearch = device };
    }

    private sealed class ScriptedDevice(Func<Memory<Neighbor>, CancellationToken, ValueTask<DeviceSearchResult>> script) : IDeviceSearch
    {
        public int LastDenied { get; private set; }

        public Urgency LastUrgency { get; private set; }

        public Action<int> Changed { get; init; } = _ => { };

        public ValueTask<DeviceSearchResult> SearchAsync(ReadOnlyMemory<float> query, Memory<Neighbor> results, RowFilter filter, Urgency urgency, CancellationToken cancellationToken)
        {
            LastDenied = filter.Denied!.Count;
            LastUrgency = urgency;
            return script(results, cancellationToken);
        }

        public void RowChanged(int row) => Changed(row);
    }
}
