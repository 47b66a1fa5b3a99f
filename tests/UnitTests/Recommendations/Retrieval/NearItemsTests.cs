using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Ports;
using Inference.Recommendations;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Vectors;
using UnitTests.Recommendations.Fusion;
using Xunit;

namespace UnitTests.Recommendations.Retrieval;

/// <summary>Lists of near items that requests share.</summary>
public sealed class NearItemsTests
{
    private readonly SurfaceShop _shop = new(withModel: false);
    private readonly Neighbor[] _scratch = new Neighbor[NearItems.Listed];
    private readonly NearItems _near = new();

    [Fact]
    public void Of_WhenAskedAgain_IsTheSameList()
    {
        int[] first = Of(17, time: 0), again = Of(17, time: 1_000), other = Of(18, time: 1_000);

        Assert.True(IsSame(17, time: 1_000));
        Assert.Equal(first, again);
        Assert.Equal(Found(17), first);
        Assert.Equal(Found(18), other);
    }

    [Fact]
    public void Of_WhenAnItemCame_HasItWithinTheFreshness()
    {
        int[] before = Of(17, time: 0);
        float[] vector = VectorOf(17);
        for (int i = 0; i < vector.Length; i++)
            vector[i] *= 10;
        _shop.Snapshot.Editor.Apply([new ItemChange("late", 1, ItemContent.Empty)], vector);

        Assert.Equal(before, Of(17, time: NearItems.Freshness.TotalSeconds - 1));
        Assert.Equal(_shop.Shop.Items, Of(17, time: NearItems.Freshness.TotalSeconds + 1)[0]);
    }

    [Fact]
    public async Task Of_AfterManyChanges_HoldsNoneOfThem()
    {
        Of(17, time: 0);
        WeakReference log = LogOf(_shop.Snapshot.Index);
        for (int i = 0; i < 20_000; i++)
            _shop.Snapshot.Index.Upsert(3, VectorOf(3));
        _shop.Snapshot.Index.Merge();
        // The thread that merged holds on to it for a moment longer.
        for (int tries = 0; log.IsAlive && tries < 1_000; tries++)
        {
            GC.Collect();
            GC.WaitForPendingFinalizers();
            Thread.Yield();
            if (tries > 10)
                await Task.Delay(30);
        }

        Assert.False(log.IsAlive);
        GC.KeepAlive(_near);
        Assert.Equal(Found(17), Of(17, time: NearItems.Freshness.TotalSeconds + 1));
    }

    /// <summary>What a moment of the index holds on to.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference LogOf(LiveIndex index)
    {
        IndexMoment moment = index.Now;
        return new WeakReference(moment.Position.Block);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Slate_WithAndWithoutLists_IsTheSame(bool isWarm)
    {
        int[] history = [3, 17, 41];
        Surface surface = SurfaceShop.Of(SurfaceFusion.ReciprocalRank, 8, Sources.RecentItems);
        if (isWarm)
            await _shop.AskAsync(SurfaceShop.Query(surface, history, limit: 8));

        RecommendReply all = await _shop.AskAsync(SurfaceShop.Query(surface, history, limit: 8));
        int[] excluded = [.. all.Items.Take(3).Select(SurfaceShop.RowOf)];
        RecommendReply less = await _shop.AskAsync(SurfaceShop.Query(surface, history, limit: 5, excluded: excluded));

        Assert.Equal([.. all.Items.Skip(3).Select(SurfaceShop.RowOf)], less.Items.Select(SurfaceShop.RowOf));
        Assert.DoesNotContain(less.Items, item => history.Contains(SurfaceShop.RowOf(item)));
    }

    private IndexSearcher Searcher => new(new IndexSearches(null, RecommendationMetrics.Unobserved, TimeProvider.System), _shop.Snapshot);

    private int[] Of(int row, double time) => _near.Of(_shop.Snapshot.Index, row, VectorOf(row), Searcher, _scratch, time).ToArray();

    private bool IsSame(int row, double time)
    {
        ReadOnlySpan<int> one = _near.Of(_shop.Snapshot.Index, row, VectorOf(row), Searcher, _scratch, time), two = _near.Of(_shop.Snapshot.Index, row, VectorOf(row), Searcher, _scratch, time);
        return Unsafe.AreSame(ref MemoryMarshal.GetReference(one), ref MemoryMarshal.GetReference(two));
    }

    private int[] Found(int row)
    {
        int count = _shop.Snapshot.Index.Search(VectorOf(row), _scratch);
        return [.. _scratch[..count].Select(neighbor => neighbor.Row)];
    }

    private float[] VectorOf(int row)
    {
        var vector = new float[FusionWorld.Dimension];
        _shop.Snapshot.Index.TryCopyVector(row, vector);
        return vector;
    }
}
