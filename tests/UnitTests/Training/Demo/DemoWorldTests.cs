using Inference.Training.Chance;
using Inference.Training.Demo;
using Xunit;

namespace UnitTests.Training.Demo;

public sealed class DemoWorldTests
{
    private static readonly DemoOptions Small = new() { Items = 400, Users = 300, Dimension = 16, Seed = 42 };

    [Fact]
    public void Draw_WithSameSeed_GivesTheSameWorld()
    {
        DemoWorld a = DemoWorld.Draw(Small), b = DemoWorld.Draw(Small);
        Assert.Equal(a.Items.Factors, b.Items.Factors);
        Assert.Equal(a.Users.Factors, b.Users.Factors);
        for (int user = 0; user < a.Users.Count; user++)
        {
            Assert.Equal(a.Users.Histories[user], b.Users.Histories[user]);
            Assert.Equal(a.Users.HeldOut[user], b.Users.HeldOut[user]);
            Assert.Equal(a.Users.Timestamps[user], b.Users.Timestamps[user]);
        }
    }

    [Fact]
    public void Draw_WithOtherSeed_GivesAnotherWorld() =>
        Assert.NotEqual(DemoWorld.Draw(Small).Users.Histories[0], DemoWorld.Draw(Small with { Seed = 43 }).Users.Histories[0]);

    [Fact]
    public void Draw_OfUsers_MakesHistoriesThatHoldTogether()
    {
        DemoWorld world = DemoWorld.Draw(Small);
        for (int user = 0; user < world.Users.Count; user++)
        {
            int[] history = world.Users.Histories[user];
            Assert.Equal(history.Length, history.Distinct().Count());
            Assert.Empty(history.Intersect(world.Users.HeldOut[user]));
            Assert.All(history, row => Assert.InRange(row, 0, 399));
            Assert.Equal(world.Users.Timestamps[user], world.Users.Timestamps[user].Order());
            Assert.Equal(history.Length, world.Users.Timestamps[user].Length);
            Assert.Equal(user < world.Users.SeenCount, history.Length > 0);
            if (history.Length > 0)
                Assert.Equal(world.Users.HourOf(user), (world.Users.Timestamps[user][0] - DemoClock.Begin) / 3600 % 24);
        }

        int[] lengths = [.. world.Users.Histories[..world.Users.SeenCount].Select(history => history.Length)];
        Assert.Contains(lengths, length => length <= 3);
        Assert.Contains(lengths, length => length >= 50);
    }

    [Fact]
    public void Draw_OfItems_IsSkewedLikeAShop()
    {
        DemoItems items = DemoWorld.Draw(new DemoOptions { Items = 5000, Users = 50 }).Items;
        double[] ranked = [.. items.Popularity[..items.CatalogueCount].OrderDescending()];
        Assert.Equal(1, ranked.Sum(), 1e-9);
        Assert.InRange(ranked[..500].Sum(), 0.35, 0.75); // a tenth of the goods makes about half of the sales
        Assert.True(Enumerable.Range(0, 5000).Select(items.CategoryNameOf).Distinct().Count() == ShopVocabulary.Categories.Count);
    }

    [Fact]
    public void Draw_OfOneItem_FollowsTheTruthExactly()
    {
        DemoWorld world = DemoWorld.Draw(new DemoOptions { Items = 100, Users = 50, Dimension = 8, Seed = 9 });
        var sampler = new ItemSampler(world.Items, world.Taste);
        var random = new SeededRandom(123);
        foreach (int user in (int[])[0, 17])
        {
            double[] truth = [.. Enumerable.Range(0, 100).Select(row => Math.Exp(world.TrueScore(user, row)))];
            double sum = truth.Sum();
            int[] counts = new int[100];
            const int Draws = 100_000;
            AliasTable categories = sampler.CategoriesFor(world.Users.FactorsOf(user));
            for (int i = 0; i < Draws; i++)
                counts[sampler.Draw(world.Users.FactorsOf(user), categories, ref random)]++;

            double chiSquare = 0, rest = 0, restCount = 0;
            int cells = 0;
            for (int row = 0; row < 100; row++)
            {
                double expected = Draws * truth[row] / sum;
                if (expected < 10)
                {
                    // Cells that hold too little for the test are put together.
                    rest += expected;
                    restCount += counts[row];
                    continue;
                }

                chiSquare += Math.Pow(counts[row] - expected, 2) / expected;
                cells++;
            }

            chiSquare += rest > 5 ? Math.Pow(restCount - rest, 2) / rest : 0;
            // Mean `cells`, standard deviation √(2·cells); five of them are out of reach of chance.
            Assert.True(chiSquare < cells + 5 * Math.Sqrt(2.0 * cells), $"chi-square {chiSquare} for {cells} cells");
        }
    }

    [Theory]
    [InlineData(99, 100, 64, "items")]
    [InlineData(100, 49, 64, "users")]
    [InlineData(100, 50, 7, "dim")]
    [InlineData(5_000_000, 50, 1024, "items × dim")]
    public void Validate_OutOfRange_SaysSo(int items, int users, int dimension, string expected)
    {
        string error = Assert.Single(new DemoOptions { Items = items, Users = users, Dimension = dimension }.Validate());
        Assert.StartsWith(expected, error, StringComparison.Ordinal);
    }
}
