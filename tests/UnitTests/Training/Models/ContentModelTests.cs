using Inference.Training.Features;
using Inference.Training.Models;
using Inference.Training.Splits;
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

    private static ItemTraits Make()
    {
        RowLists terms = RowLists.Of([.. Enumerable.Range(0, All).Select(item => (IReadOnlyList<int>)[SmallShop.ShelfOf(item)])]);
        return new ItemTraits(All, [], 0, terms, 1, terms, [.. Enumerable.Repeat(1f, All)], SmallShop.Shelves);
    }
}
