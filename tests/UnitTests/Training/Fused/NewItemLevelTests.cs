using Inference.Recommendations.Fusion;
using Inference.Training.Fused;
using Xunit;

namespace UnitTests.Training.Fused;

public sealed class NewItemLevelTests
{
    [Fact]
    public void Choose_WhereNewItemsAreTouched_LiftsThemAmongTheOthers()
    {
        // Only the best new item is ever touched, and what it would take the last place from never is.
        NewItemLevel.Placed[] users = [.. Enumerable.Range(0, 50).Select(_ => User(knownTarget: 0, newTarget: 0))];

        (float level, float spread) = NewItemLevel.Choose(users, [users]);

        Assert.True(level + (spread * 2f) > 1f, $"level {level}, spread {spread}");
        Assert.True(NewItemLevel.Quality(users, level, spread, withNew: true) > NewItemLevel.Quality(users, NewItemLevel.Behind, 1f, withNew: true) + 0.1);
        Assert.True(NewItemLevel.Quality(users, level, spread, withNew: false) >= 0.995 * NewItemLevel.Quality(users, NewItemLevel.Behind, 1f, withNew: false));
    }

    [Fact]
    public void Choose_WhereNobodyTouchesNewItems_LeavesThemBehind()
    {
        NewItemLevel.Placed[] users = [.. Enumerable.Range(0, 50).Select(i => User(knownTarget: i % 10, newTarget: -1))];

        Assert.Equal((NewItemLevel.Behind, 1f), NewItemLevel.Choose(users, [users]));
    }

    [Fact]
    public void Choose_WhereOthersWouldPay_LeavesThemBehind()
    {
        // These gain, but those whose only target stands last would lose it.
        NewItemLevel.Placed[] gaining = [.. Enumerable.Range(0, 50).Select(_ => User(knownTarget: 0, newTarget: 0))];
        NewItemLevel.Placed[] losing = [.. Enumerable.Range(0, 50).Select(_ => User(knownTarget: 9, newTarget: -1))];

        Assert.Equal((NewItemLevel.Behind, 1f), NewItemLevel.Choose(gaining, [gaining, losing]));
    }

    [Fact]
    public void Quality_OfAMergedSlate_IsNdcg()
    {
        NewItemLevel.Placed user = User(knownTarget: 0, newTarget: 0);

        // The new item comes second: 10 known scores are 10, 9, … 1, and the new one is 2 · 1 + 7.5.
        Assert.Equal(1, NewItemLevel.Quality([user], 7.5f, 1f, withNew: true), 12);
        Assert.Equal(1, NewItemLevel.Quality([user], 7.5f, 1f, withNew: false), 12);
        // It comes first, so the known one is second.
        Assert.Equal(1 / Math.Log2(3), NewItemLevel.Quality([user], 8.1f, 1f, withNew: false), 12);
    }

    [Fact]
    public void PriorOfNewItems_HoldsThoseThatSpeak()
    {
        float[] rates = [0.5f, 0.25f];
        ScoreSource[] sources = [new PopularitySource("popularity", rates), new PopularitySource("ials", rates), new PopularitySource("tower", rates), new PopularitySource("content", rates)];

        Assert.Equal([0f, 4f / 7, 2f / 7, 1f / 7], FusionPrior.OfNewItems(sources, [false, true, true, true]));
        Assert.Equal([0f, 0f, 2f / 3, 1f / 3], FusionPrior.OfNewItems(sources, [true, false, true, true]));
        Assert.Equal([1f, 0f, 0f, 0f], FusionPrior.OfNewItems(sources, [true, false, false, false]));
    }

    /// <summary>Ten known items with scores from 10 down to 1, ten new ones with scores from 2 down.</summary>
    private static NewItemLevel.Placed User(int knownTarget, int newTarget) => new(
        [.. Enumerable.Range(0, 10).Select(i => 10f - i)], Only(knownTarget), [.. Enumerable.Range(0, 10).Select(i => 2f - (0.4f * i))], Only(newTarget), 1, newTarget < 0 ? 0 : 1);

    private static bool[] Only(int place) => [.. Enumerable.Range(0, 10).Select(i => i == place)];
}
