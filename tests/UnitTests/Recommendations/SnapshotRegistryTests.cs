using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class SnapshotRegistryTests
{
    private readonly SnapshotRegistry _registry = new();

    [Fact]
    public void Acquire_WithNothingLoaded_GivesNothing()
    {
        Assert.Null(_registry.Acquire(""));
        Assert.Null(_registry.Acquire("shop/1"));
        Assert.Null(_registry.Acquire("", "anna"));
    }

    [Fact]
    public void Acquire_GivesTheActiveOne_AndThePinnedOne()
    {
        Snapshot first = Make("1"), second = Make("2");
        _registry.Activate(first);
        _registry.Add(second);
        Assert.Same(first, _registry.Acquire("")?.Snapshot);
        Assert.Same(second, _registry.Acquire("shop/2")?.Snapshot);
        _registry.Activate(second);
        Assert.Same(second, _registry.Acquire("")?.Snapshot);
        Assert.Same(first, _registry.Acquire("shop/1")?.Snapshot);
    }

    [Fact]
    public void Remove_EndsWithTheLastLease()
    {
        Snapshot first = Make("1");
        _registry.Activate(first);
        SnapshotLease one = _registry.Acquire("")!.Value, other = _registry.Acquire("shop/1")!.Value;
        _registry.Activate(Make("2"));
        Task unused = _registry.Remove(first);
        Assert.Null(_registry.Acquire("shop/1"));
        one.Dispose();
        Assert.False(unused.IsCompleted);
        other.Dispose();
        Assert.True(unused.IsCompleted);
        Assert.False(first.TryHold());
    }

    [Fact]
    public void Remove_OfOneThatNobodyHolds_HasEnded()
    {
        Snapshot first = Make("1");
        _registry.Add(first);
        Assert.True(_registry.Remove(first).IsCompletedSuccessfully);
        Assert.Empty(_registry.Loaded);
    }

    [Fact]
    public void Remove_OfTheActiveOne_IsRefused()
    {
        Snapshot first = Make("1");
        _registry.Activate(first);
        Assert.Throws<InvalidOperationException>(() => { _ = _registry.Remove(first); });
        Assert.Same(first, _registry.Acquire("")?.Snapshot);
    }

    [Fact]
    public void Remove_Twice_IsRefused()
    {
        Snapshot first = Make("1");
        _registry.Add(first);
        _ = _registry.Remove(first);
        Assert.Throws<InvalidOperationException>(() => { _ = _registry.Remove(first); });
    }

    [Fact]
    public void Add_OfAVersionThatIsThere_IsRefused()
    {
        _registry.Add(Make("1"));
        Assert.Throws<InvalidOperationException>(() => _registry.Add(Make("1")));
        Assert.Throws<InvalidOperationException>(() => _registry.Activate(Make("1")));
    }

    [Fact]
    public void Canary_TakesItsShare_AndAlwaysTheSameKeys()
    {
        Snapshot active = Make("1"), canary = Make("2");
        _registry.Activate(active);
        _registry.Add(canary);
        string[] keys = [.. Enumerable.Range(0, 20_000).Select(i => $"u{i}")];
        HashSet<string> tenth = TakenBy(canary, 0.1, keys), half = TakenBy(canary, 0.5, keys);
        // Five standard deviations of a fair draw.
        Assert.InRange(tenth.Count, 2_000 - 212, 2_000 + 212);
        Assert.InRange(half.Count, 10_000 - 354, 10_000 + 354);
        Assert.Subset(half, tenth);
        Assert.Equal(tenth, TakenBy(canary, 0.1, keys));
        Assert.Empty(TakenBy(canary, 0, keys));
        Assert.Equal(keys.Length, TakenBy(canary, 1, keys).Count);
        Assert.Same(active, _registry.Acquire("shop/1", keys[0])?.Snapshot);
        Assert.Same(active, _registry.Acquire("")?.Snapshot);
    }

    [Fact]
    public void Canary_ThatIsActivatedOrTakenOut_HasNoShareAnyMore()
    {
        Snapshot first = Make("1"), second = Make("2"), third = Make("3");
        _registry.Activate(first);
        _registry.Add(second);
        _registry.SetCanary(second, 0.5);
        _registry.Activate(second);
        Assert.Equal(new TrafficSplit(second, null, 0), _registry.Split);
        _registry.Add(third);
        _registry.SetCanary(third, 0.5);
        _ = _registry.Remove(third);
        Assert.Equal(new TrafficSplit(second, null, 0), _registry.Split);
    }

    [Fact]
    public void SetCanary_OfOneThatCannotBe_IsRefused()
    {
        Snapshot first = Make("1");
        _registry.Activate(first);
        Assert.Throws<InvalidOperationException>(() => _registry.SetCanary(first, 0.1));
        Assert.Throws<InvalidOperationException>(() => _registry.SetCanary(Make("2"), 0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _registry.SetCanary(null, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => _registry.SetCanary(null, double.NaN));
    }

    [Fact]
    public void Clear_TakesAllOut()
    {
        Snapshot first = Make("1"), second = Make("2");
        _registry.Activate(first);
        _registry.Add(second);
        SnapshotLease lease = _registry.Acquire("")!.Value;
        Assert.Equal(2, _registry.Clear().Count);
        Assert.Null(_registry.Acquire(""));
        Assert.True(second.Unused.IsCompleted);
        Assert.False(first.Unused.IsCompleted);
        lease.Dispose();
        Assert.True(first.Unused.IsCompleted);
    }

    /// <summary>Readers lease while snapshots are swapped and let go: nobody may ever hold one that was disposed, and each is disposed once.</summary>
    [Fact]
    public async Task Swaps_UnderReaders_NeverGiveOneThatIsGone()
    {
        const int swaps = 300;
        _registry.Activate(Make("0"));
        using var ended = new CancellationTokenSource();
        long leases = 0;
        Task[] readers =
        [
            .. Enumerable.Range(0, 3).Select(reader => Task.Run(() =>
            {
                while (!ended.IsCancellationRequested)
                {
                    using SnapshotLease lease = _registry.Acquire("", $"u{reader}")!.Value;
                    Assert.Equal(2, lease.Snapshot.Index.Count);
                    Interlocked.Increment(ref leases);
                }
            })),
        ];
        var disposals = new List<Task>();
        for (int swap = 1; swap <= swaps; swap++)
        {
            Snapshot before = _registry.Active!, next = Make($"{swap}");
            long seen = Interlocked.Read(ref leases);
            _registry.Add(next);
            _registry.SetCanary(next, 0.5);
            _registry.Activate(next);
            disposals.Add(DisposeAsync(_registry.Remove(before), before));
            SpinWait.SpinUntil(() => Interlocked.Read(ref leases) > seen || readers.Any(reader => reader.IsFaulted));
        }

        await ended.CancelAsync();
        await Task.WhenAll(readers);
        await Task.WhenAll(disposals);
        Assert.Equal(swaps, disposals.Count);
        Assert.Single(_registry.Loaded);
    }

    private static async Task DisposeAsync(Task unused, Snapshot snapshot)
    {
        await unused;
        snapshot.Dispose();
    }

    private HashSet<string> TakenBy(Snapshot canary, double share, string[] keys)
    {
        _registry.SetCanary(canary, share);
        return [.. keys.Where(key =>
        {
            using SnapshotLease lease = _registry.Acquire("", key)!.Value;
            return lease.Snapshot == canary;
        })];
    }

    private static Snapshot Make(string version)
    {
        var index = new ExactIndex(VectorMatrix.Create([1f, 0f, 0f, 1f], 2), Metric.InnerProduct);
        return new Snapshot(
            new ModelIdentity("shop", version, $"space{version}", 2, Metric.InnerProduct),
            new ItemCatalogue(["a", "b"], [null, null]),
            new LiveIndex(index),
            new MeanTower(index),
            null,
            new Popularity([0.5f, 0.4f]),
            null);
    }
}
