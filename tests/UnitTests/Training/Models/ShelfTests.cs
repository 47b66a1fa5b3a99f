using Inference.Training.Linear;
using Inference.Training.Models;
using Inference.Training.Splits;
using Xunit;

namespace UnitTests.Training.Models;

/// <summary>Every model that learns from histories finds the shelf of a user who was seen twice.</summary>
public sealed class ShelfTests
{
    private static readonly ColdSplit Split = SmallShop.Split;
    private static readonly SparseGram Gram = SparseGram.Of(Split.Training, SmallShop.Items);
    private static readonly AlsOptions Als = new() { Dimension = 8, Ridge = 0.01, UnseenWeight = 0.3 };
    private static readonly int[] Labels = [.. Enumerable.Range(0, Split.Training.Count).Select(user => user % SmallShop.Shelves)];

    public static TheoryData<string> Names => [.. Models.Keys];

    private static Dictionary<string, Func<RankingModel>> Models { get; } = new()
    {
        ["ease"] = static () => Ease.Fit(Gram, 10),
        ["itemknn"] = static () => ItemKnn.Fit(Gram, new ItemKnnOptions(10, 1)),
        ["rules"] = static () => PairRules.Fit(Gram, new PairRulesOptions()),
        ["rules by lift"] = static () => PairRules.Fit(Gram, new PairRulesOptions(3, PairRuleMode.SumLogLift)),
        ["ials"] = static () => ImplicitAls.Fit(Split.Training, SmallShop.Items, Als),
        ["sequence_knn"] = static () => SequenceKnn.Fit(Split.Training, SmallShop.Items, null, new SequenceKnnOptions()),
        ["userknn"] = static () => new UserKnn(Split.Training, SmallShop.Items, new UserKnnOptions()),
        ["cluster_profile"] = static () => ClusterBayes.Fit(Split, null, Labels, SmallShop.Shelves, new ClusterBayesOptions()),
        ["ials_cluster_prior"] = static () =>
            new AlsClusterPrior(ImplicitAls.Fit(Split.Training, SmallShop.Items, Als), ClusterBayes.Fit(Split, null, Labels, SmallShop.Shelves, new ClusterBayesOptions()), Labels, 1),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Score_OfAUserWithTwoItemsOfAShelf_PrefersTheShelf(string name)
    {
        RankingModel model = Models[name]();
        for (int shelf = 0; shelf < SmallShop.Shelves; shelf++)
        {
            double[] scores = new double[SmallShop.Items];
            Array.Fill(scores, double.NaN);
            model.Score(new RankingInput(new[] { shelf, shelf + SmallShop.Shelves }, -1), scores);
            Assert.All(scores, score => Assert.True(double.IsFinite(score)));
            double on = Enumerable.Range(0, SmallShop.Items).Where(item => item > 7 && SmallShop.ShelfOf(item) == shelf).Average(item => scores[item]);
            double off = Enumerable.Range(0, SmallShop.Items).Where(item => item > 7 && SmallShop.ShelfOf(item) != shelf).Average(item => scores[item]);
            Assert.True(on > off + 1e-3, $"{name}: {on} on the shelf, {off} off it");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Score_OfAnItemThatWasNotFitted_IgnoresIt(string name)
    {
        RankingModel model = Models[name]();
        double[] scores = new double[SmallShop.Items], same = new double[SmallShop.Items];
        model.Score(new RankingInput(new[] { 1, 5 }, -1), scores);
        model.Score(new RankingInput(new[] { 99, 1, 5 }, -1), same);
        Assert.Equal(scores, same);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Fit_Twice_GivesTheSameBits(string name)
    {
        double[] scores = new double[SmallShop.Items], same = new double[SmallShop.Items];
        Models[name]().Score(new RankingInput(new[] { 3, 8, 11 }, -1), scores);
        Models[name]().Score(new RankingInput(new[] { 3, 8, 11 }, -1), same);
        Assert.Equal(scores, same);
    }
}
