using Inference.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.TwoTower;

public sealed class ValidationScoreTests
{
    [Fact]
    public void Unseen_OfManyUsers_DrawsSomeBySeed()
    {
        int[] drawn = ValidationScore.Unseen(100_000, 1);

        Assert.Equal(ValidationScore.MostUnseenUsers, drawn.Length);
        Assert.Equal(drawn.Order().Distinct(), drawn);
        Assert.InRange(drawn.Average(), 47_000, 53_000);
        Assert.Equal(drawn, ValidationScore.Unseen(100_000, 1));
        Assert.NotEqual(drawn, ValidationScore.Unseen(100_000, 2));
        Assert.Equal(Enumerable.Range(0, 900), ValidationScore.Unseen(900, 1));
    }

    [Theory]
    [InlineData(500, 4_000, 500)]
    [InlineData(3_000, 1_000_000, 67)]
    [InlineData(3_000, 100_000_000, 1)]
    public void BlockOf_OfAnyCatalogue_KeepsScoresWithinAnArray(int users, int columns, int expected) => Assert.Equal(expected, ValidationScore.BlockOf(users, columns));

    [Fact]
    public void Measure_WithKnownItems_GivesTheSame()
    {
        var world = new TowerWorld(users: 60, perKind: 4);
        var content = new ContentMatrix(world.Traits);
        var weights = new TowerWeights(new TowerSizes(world.Split.Items.TrainingCount, content.Columns, [.. world.Contexts.Fields.Select(field => field.Codes)], 16, 16, 12));
        weights.Start(3);
        weights.Draw(weights.ItemId, 3, 9, 0.3);
        weights.Draw(weights.HistoryId, 3, 10, 0.3);
        var validation = new ValidationScore(weights, content, world.Split, world.Contexts, 1, new Lanes(1));

        TwoTowerQuality first = validation.Measure(), again = validation.Measure(areItemsKnown: true);
        Assert.Equal(first.Criterion, again.Criterion);

        double best = HistoryScales.Choose(weights, validation);
        Assert.Equal(validation.Measure().Criterion, best);
        Assert.True(best >= first.Criterion);
    }
}
