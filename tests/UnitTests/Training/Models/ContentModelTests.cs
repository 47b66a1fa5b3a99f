using Inference.Training.Evaluation;
using Inference.Training.Evaluation.Entrants;
using Inference.Training.Features;
using Inference.Training.Models;
using Inference.Training.Splits;
using UnitTests.Training.Fused;
using Xunit;

namespace UnitTests.Training.Models;

/// <summary>Items 40 to 43 are new: nothing is known of them but the shelf, which is a term of the content.</summary>
public sealed class ContentModelTests
{
    private const int All = SmallShop.Items + SmallShop.Shelves;
    private static readonly ItemTraits Traits = Make();

    [Theory]
    [InlineData("content_knn")]
    [InlineData("content_to_ials_ridge")]
    public void Score_OfNewItems_FollowsTheContentOfTheHistory(string name)
    {
        RankingModel model = name == "content_knn"
            ? new ContentKnn(Traits, 10)
            : ContentRidge.Fit(Traits, ImplicitAls.Fit(SmallShop.Split.Training, SmallShop.Items, new AlsOptions { Dimension = 8 }), 1);
        Assert.True(model.ScoresColdItems);
        Assert.Equal(name, model.Name);
        for (int shelf = 0; shelf < SmallShop.Shelves; shelf++)
        {
            double[] scores = new double[All];
            model.Score(new RankingInput(new[] { shelf + 4, shelf + 8, shelf + 12 }, -1), scores);
            Assert.Equal(SmallShop.Items + shelf, Enumerable.Range(SmallShop.Items, SmallShop.Shelves).MaxBy(item => scores[item]));
        }
    }

    [Fact]
    public void Score_OfContentPopularity_IsTheMeanOfTheItemsMostLikeIt()
    {
        double[] scores = new double[All];
        ContentPopularity.Fit(SmallShop.Split, Traits, neighbours: 10).Score(default, scores);
        double mean = Enumerable.Range(0, 10).Average(place => SmallShop.Split.Items.TrainingUsers[2 + 4 * place]);
        Assert.Equal(mean, scores[SmallShop.Items + 2], 1e-6);
    }

    [Fact]
    public void Score_OfContentPopularityWithFewCandidates_AsksThoseOfTheRarestTerm()
    {
        // Beside its shelf, a new item shares a rare word with two others.
        int item = SmallShop.Items;
        RowLists terms = RowLists.Of([.. Enumerable.Range(0, All).Select(other => (IReadOnlyList<int>)(other == item || other is 8 or 12 ? [SmallShop.ShelfOf(other), SmallShop.Shelves] : [SmallShop.ShelfOf(other)]))]);
        var traits = new ItemTraits(All, [], 0, terms, 1, terms, [.. Enumerable.Range(0, All).SelectMany(other => Enumerable.Repeat(terms[other].Length == 2 ? MathF.Sqrt(0.5f) : 1f, terms[other].Length))], SmallShop.Shelves + 1);
        double[] few = new double[All], all = new double[All];
        ContentPopularity.Fit(SmallShop.Split, traits, neighbours: 10, mostCandidates: 2).Score(default, few);
        ContentPopularity.Fit(SmallShop.Split, traits, neighbours: 2).Score(default, all);

        Assert.Equal((SmallShop.Split.Items.TrainingUsers[8] + SmallShop.Split.Items.TrainingUsers[12]) / 2.0, few[item], 1e-6);
        Assert.Equal(all[item], few[item], 1e-6);
    }

    [Fact]
    public void Score_OfContentPopularityWithoutTerms_IsTheMeanOfTheCatalogue()
    {
        RowLists none = RowLists.Of([.. Enumerable.Repeat<IReadOnlyList<int>>([], All)]);
        double[] scores = new double[All];
        ContentPopularity.Fit(SmallShop.Split, new ItemTraits(All, [], 0, none, 1, none, [], 0)).Score(default, scores);
        Assert.Equal(SmallShop.Split.Items.TrainingUsers.Take(SmallShop.Items).Average(), scores[3], 1e-9);
    }

    [Fact]
    public void WhyNot_OfMoreTermsThanEquationsAreSolvedFor_SaysSo()
    {
        using var folder = new FusedFolder(users: 40);
        EvaluationInputs inputs = folder.Inputs();
        int terms = inputs.Features.Traits.TermCount;
        Assert.True(terms > 1);
        Assert.Null(Recipe(terms).WhyNot(inputs));
        Assert.Contains($"{terms} terms", Recipe(terms - 1).WhyNot(inputs), StringComparison.Ordinal);

        static ContentRecipe Recipe(int mostTerms) => new("content", "any", "lam", [1], (_, _) => throw new InvalidOperationException("Not to be fitted."), mostTerms: mostTerms);
    }

    private static ItemTraits Make()
    {
        RowLists terms = RowLists.Of([.. Enumerable.Range(0, All).Select(item => (IReadOnlyList<int>)[SmallShop.ShelfOf(item)])]);
        return new ItemTraits(All, [], 0, terms, 1, terms, [.. Enumerable.Repeat(1f, All)], SmallShop.Shelves);
    }
}
