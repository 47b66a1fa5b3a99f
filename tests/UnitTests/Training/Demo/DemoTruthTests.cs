using Inference.Recommendations.Features;
using Inference.Training.Demo;
using Xunit;

namespace UnitTests.Training.Demo;

public sealed class DemoTruthTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("demo-truth-").FullName;
    private readonly DemoWorld _world = DemoWorld.Draw(new DemoOptions { Items = 200, Users = 60, Dimension = 8, Seed = 3 });

    public DemoTruthTests()
    {
        DemoDataFolder.Write(_world, _folder);
        DemoTruthFolder.Write(_world, Path.Combine(_folder, "truth"));
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Read_OfAWorld_GivesItsTruth()
    {
        DemoTruth truth = DemoTruth.Read(_folder);
        Assert.Equal((200, _world.Items.Count, _world.Users.Count - 60), (truth.CatalogueCount, truth.Count, truth.UserCount));
        double[] shares = new double[truth.Count];
        for (int user = 0; user < truth.UserCount; user++)
        {
            truth.Shares(user, shares);
            Assert.Equal(1, shares[..200].Sum(), 9);
            // The same odds between any two items, new ones included.
            for (int row = 1; row < truth.Count; row++)
                Assert.Equal(_world.TrueScore(60 + user, row) - _world.TrueScore(60 + user, 0), Math.Log(shares[row] / shares[0]), 1e-4);
        }
    }

    [Fact]
    public void Read_OfAWorld_KnowsItemsAndContexts()
    {
        DemoTruth truth = DemoTruth.Read(_folder);
        Assert.Equal((DemoItems.IdOf(7), 7, _world.Items.TitleOf(7)), (truth.IdOf(7), truth.RowOf[DemoItems.IdOf(7)], truth.Titles[7]));
        DemoNewItem fresh = truth.NewItems[2];
        Assert.Equal((DemoItems.IdOf(202), 202, _world.Items.TitleOf(202)), (fresh.Id, truth.RowOf[fresh.Id], fresh.Title));
        Assert.Equal(FeatureValue.Of(_world.Items.BrandNameOf(202)), fresh.Features["brand"]);
        Assert.Equal(FeatureValue.Of((long)_world.Users.HourOf(61)), truth.Contexts[1]["hour"]);
        Assert.Equal(FeatureValue.Of(_world.Users.ContextText(61, 0)), truth.Contexts[1][ShopVocabulary.Context[0].Feature]);
        Assert.DoesNotContain("user_id", truth.Contexts[1].Keys);
    }

    [Fact]
    public void Read_WithoutTruth_SaysWhatTheFolderShouldBe()
    {
        Directory.Delete(Path.Combine(_folder, "truth"), recursive: true);
        Assert.Contains("data folder of a demo world", Assert.Throws<InvalidDataException>(() => DemoTruth.Read(_folder)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfFilesOfTwoWorlds_SaysWhichDoesNotFit()
    {
        File.Copy(Path.Combine(_folder, "truth", "item_popularity.npy"), Path.Combine(_folder, "truth", "new_item_popularity.npy"), overwrite: true);
        Assert.Contains("new_item_popularity.npy has 200", Assert.Throws<InvalidDataException>(() => DemoTruth.Read(_folder)).Message, StringComparison.Ordinal);
    }
}
