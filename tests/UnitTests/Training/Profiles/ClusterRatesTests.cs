using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Training.Profiles;
using Xunit;

namespace UnitTests.Training.Profiles;

public sealed class ClusterRatesTests
{
    // Four users over four items; the first two are the cluster.
    private static readonly TrainingUser[] Users = [User(0, 1), User(0), User(1, 2), User(2)];

    [Fact]
    public void Count_OfShares_IsUsersPerItem()
    {
        Popularity popularity = ItemShares.Count(Users, 4);
        Assert.Equal([0.5f, 0.5f, 0.5f, 0f], [popularity.RateOf(0), popularity.RateOf(1), popularity.RateOf(2), popularity.RateOf(3)]);
    }

    [Fact]
    public void Count_OfNobody_IsZero() => Assert.Equal(0f, ItemShares.Count([], 2).RateOf(1));

    [Fact]
    public void RateOf_IsSmoothedByPopularity()
    {
        var rates = new ClusterRates(Users, [0, 1], ItemShares.Count(Users, 4), smoothing: 20);
        Assert.Equal((2 + 20 * 0.5) / 22, rates.RateOf(0), 1e-9); // 12/22
        Assert.Equal((1 + 20 * 0.5) / 22, rates.RateOf(1), 1e-9); // 11/22
        Assert.Equal((0 + 20 * 0.5) / 22, rates.RateOf(2), 1e-9); // 10/22
        Assert.Equal(0, rates.RateOf(3), 1e-9);
    }

    [Fact]
    public void List_KeepsTheHighestAndScalesTheRest()
    {
        var rates = new ClusterRates(Users, [0, 1], ItemShares.Count(Users, 4), smoothing: 20);
        (ScoredRow[] top, float restScale) = rates.List(1);
        Assert.Equal(new ScoredRow(0, (float)(12 / 22.0)), Assert.Single(top));
        // The others: 11/22 + 10/22 over popularities of 0.5 + 0.5.
        Assert.Equal(21 / 22.0, restScale, 1e-5);
    }

    [Fact]
    public void List_OfEverything_LeavesTheUntouchedScale()
    {
        var rates = new ClusterRates(Users, [0, 1], ItemShares.Count(Users, 4), smoothing: 20);
        (ScoredRow[] top, float restScale) = rates.List(500);
        Assert.Equal([0, 1, 2], top.Select(item => item.Row)); // nobody touched item 3
        Assert.Equal(20 / 22.0, restScale, 1e-6);
    }

    [Fact]
    public void List_WithManyItems_IsWhatSortingAllRatesGives()
    {
        var random = new Random(5);
        TrainingUser[] users = [.. Enumerable.Range(0, 300).Select(_ => User([.. Enumerable.Range(0, 1 + random.Next(20)).Select(_ => (int)(200 * Math.Pow(random.NextDouble(), 2))).Distinct()]))];
        Popularity popularity = ItemShares.Count(users, 200);
        int[] members = [.. Enumerable.Range(0, 90)];
        var rates = new ClusterRates(users, members, popularity, smoothing: 20);
        (ScoredRow[] top, float restScale) = rates.List(40);

        (int Row, double Rate)[] all = [.. Enumerable.Range(0, 200).Select(row => (row, rates.RateOf(row))).OrderByDescending(item => (float)item.Item2).ThenBy(item => item.row)];
        Assert.Equal(all[..40].Select(item => item.Row), top.Select(item => item.Row));
        Assert.Equal(all[40..].Sum(item => item.Rate) / all[40..].Sum(item => (double)popularity.RateOf(item.Row)), restScale, 1e-4);
    }

    [Fact]
    public void Excess_IsWhatTheClusterLikesMore()
    {
        var rates = new ClusterRates(Users, [0, 1], ItemShares.Count(Users, 4), smoothing: 20);
        (int row, double excess) = Assert.Single(rates.Excess());
        Assert.Equal(0, row);
        Assert.Equal(12 / 22.0 - 0.5, excess, 1e-6);
    }

    private static TrainingUser User(params int[] history) => new(FeatureSet.None, history);
}
