using Inference.Training.TwoTower;
using UnitTests.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.Distillation;

public sealed class Int8GraphTests
{
    [Fact]
    public void Quantise_OfColumns_ErrsByHalfAStepAtMost()
    {
        float[] values = [1, -200, 0, 0.3f, 100, 0, -0.999f, 33.3f, 0];
        (sbyte[] numbers, float[] scales) = GraphWeights.Quantise(values, 3);

        Assert.Equal(127, numbers[0]);
        Assert.Equal(-127, numbers[1]);
        Assert.Equal(1, scales[2]);
        for (int i = 0; i < values.Length; i++)
            Assert.True(Math.Abs(values[i] - (numbers[i] * scales[i % 3])) <= 0.5001f * scales[i % 3]);
    }

    [Fact]
    public void Towers_WithInt8Tables_AreSmallAndNear()
    {
        var world = new TowerWorld(users: 200, perKind: 100);
        TwoTowerModel model = TwoTowerTrainer.Train(new TwoTowerOptions { Dimension = 32, Hidden = 16, MaxHistory = 12, ContextSteps = 0, Steps = 0, Threads = 1 }, world.Split, world.Contexts, world.Traits);
        byte[] user = TwoTowerGraphs.UserTower(model), small = TwoTowerGraphs.UserTower(model, WeightPrecision.Int8);
        byte[] item = TwoTowerGraphs.ItemTower(model), smallItem = TwoTowerGraphs.ItemTower(model, WeightPrecision.Int8);

        Assert.True(small.Length < 0.5 * user.Length, $"{small.Length} of {user.Length} bytes");
        Assert.True(smallItem.Length < 0.5 * item.Length, $"{smallItem.Length} of {item.Length} bytes");
        Near(GraphRuns.Users(user, [[1, 2, 3], [], [7, 200]], [[1, 2], [0, 0], [3, 1]]), GraphRuns.Users(small, [[1, 2, 3], [], [7, 200]], [[1, 2], [0, 0], [3, 1]]));
        Near(GraphRuns.Items(item, world.Traits), GraphRuns.Items(smallItem, world.Traits));
    }

    private static void Near(float[] exact, float[] quantised)
    {
        float largest = exact.Max(Math.Abs), difference = exact.Zip(quantised, (a, b) => Math.Abs(a - b)).Max();
        Assert.InRange(difference / largest, 1e-9, 0.02);
    }
}
