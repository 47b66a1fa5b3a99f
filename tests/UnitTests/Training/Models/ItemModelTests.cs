using Inference.Training.Chance;
using Inference.Training.Linear;
using Inference.Training.Models;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Models;

public sealed class ItemModelTests
{
    private static readonly SparseGram Gram = SparseGram.Of(SmallShop.Split.Training, SmallShop.Items);

    [Fact]
    public void LocalEase_WithAllItemsAsNeighbours_IsEase()
    {
        // Lists of half of the items: every two go together somewhere.
        const int Items = 12;
        var random = new SeededRandom(12);
        int[] order = [.. Enumerable.Range(0, Items)];
        var lists = new List<IReadOnlyList<int>>();
        for (int user = 0; user < 200; user++)
        {
            random.Shuffle(order.AsSpan());
            lists.Add(order[..(Items / 2)]);
        }

        SparseGram gram = SparseGram.Of(RowLists.Of(lists), Items);
        Ease ease = Ease.Fit(gram, 25);
        ItemItemMatrix local = ItemItemMatrix.Of(LocalEase.Fit(gram, 25, neighbours: Items));
        for (int item = 0; item < Items; item++)
        {
            double[] expected = new double[Items], actual = new double[Items];
            ease.Weights.AddRow(item, 1, expected);
            local.AddRow(item, 1, actual);
            for (int i = 0; i < Items; i++)
                Assert.Equal(expected[i], actual[i], 1e-6);
        }
    }

    [Fact]
    public void LocalEase_WithFewNeighbours_RanksMuchLikeEase()
    {
        Ease ease = Ease.Fit(Gram, 25);
        ItemItemMatrix local = ItemItemMatrix.Of(LocalEase.Fit(Gram, 25, neighbours: 15));
        int common = 0;
        for (int item = 0; item < SmallShop.Items; item++)
        {
            double[] expected = new double[SmallShop.Items], actual = new double[SmallShop.Items];
            ease.Weights.AddRow(item, 1, expected);
            local.AddRow(item, 1, actual);
            common += Top(expected).Intersect(Top(actual)).Count();
        }

        Assert.InRange(common / (5.0 * SmallShop.Items), 0.7, 1);
    }

    [Fact]
    public void Fit_OfRules_KnowsSupportConfidenceAndLift()
    {
        // Of four users, two have 0 and 1, one has 0 alone.
        PairRules rules = PairRules.Fit(SparseGram.Of(RowLists.Of([[0, 1], [1, 0], [0], [2]]), 3), new PairRulesOptions(MinimumSupport: 2));
        PairRule rule = Assert.Single(rules.From(0));
        Assert.Equal((0, 1, 2), (rule.From, rule.To, rule.Support));
        Assert.Equal(2 / 3.0, rule.Confidence, 1e-12);
        Assert.Equal(4 / 3.0, rule.Lift, 1e-12);
        double[] scores = new double[3];
        rules.Score(new RankingInput(new[] { 0 }, -1), scores);
        Assert.Equal([0, (float)(2 / 3.0), 0], scores);
    }

    [Fact]
    public void Score_OfMaxConfidence_TakesTheStrongestRule()
    {
        var lists = RowLists.Of([[0, 2], [0, 2], [0], [0], [1, 2], [1, 2], [1, 2], [1]]);
        double[] scores = new double[3];
        PairRules.Fit(SparseGram.Of(lists, 3), new PairRulesOptions(1, PairRuleMode.MaxConfidence)).Score(new RankingInput(new[] { 0, 1 }, -1), scores);
        Assert.Equal(0.75, scores[2], 1e-7);
    }

    [Fact]
    public void TopLists_OfRows_HoldTheStrongestAndSayWhatTheyKeep()
    {
        ItemItemMatrix matrix = ItemItemMatrix.Dense([0, 3, -4, 0, 0, 1, 2, 2, 0], 3);
        NeighbourLists lists = matrix.TopLists(1);
        Assert.Equal([0, 1, 2, 3], lists.Offsets);
        Assert.Equal([-4f, 1, 2], lists.Weights);
        Assert.Equal(2, lists.Items[0]);
        Assert.Equal(7 / 12.0, lists.ShareKept, 1e-12);
        Assert.Equal(1, matrix.TopLists(5).ShareKept);
    }

    [Fact]
    public void Score_OfARecentHistory_ShowsTheLatestItemsOnly()
    {
        ItemKnn model = ItemKnn.Fit(Gram, new ItemKnnOptions());
        double[] expected = new double[SmallShop.Items], actual = new double[SmallShop.Items];
        model.Score(new RankingInput(new[] { 7, 9 }, -1), expected);
        RecentHistory.Of(model, 2).Score(new RankingInput(new[] { 1, 2, 7, 9 }, -1), actual);
        Assert.Equal(expected, actual);
    }

    private static IEnumerable<int> Top(double[] scores) => Enumerable.Range(0, scores.Length).OrderByDescending(item => scores[item]).Take(5);
}
