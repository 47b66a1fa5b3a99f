using Inference.Training.Chance;
using Inference.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.TwoTower;

/// <summary>Compares the ways back with differences of the ways forward.</summary>
public sealed class TowerGradientTests
{
    private readonly TowerWorld _world = new(users: 20, perKind: 4);
    private readonly Lanes _lanes = new(2);

    [Fact]
    public void Backward_OfItems_IsTheSlopeOfEachLayer()
    {
        (TowerWeights weights, ContentMatrix content) = Make();
        int[] items = [0, 3, 5, 40, 9];
        byte[] kept = [1, 0, 1, 1, 1];
        var pass = new ItemPass(weights, content, items.Length, _lanes);
        float[] change = Numbers(items.Length * 16, 3);
        float[] gradient = new float[weights.Values.Length];
        pass.Forward(items, kept);
        pass.Backward(change, gradient);

        CheckSlopes(weights, gradient, () =>
        {
            pass.Forward(items, kept);
            return Sum(pass.Vectors, change);
        }, weights.ItemId, weights.ItemContent, weights.ItemBias, weights.ItemHidden, weights.ItemHiddenBias, weights.ItemOut);
        Assert.Equal(0, weights.ItemId.Row(gradient, 4).ToArray().Sum(Math.Abs)); // the dropped id of item 3
    }

    [Fact]
    public void Backward_OfUsers_IsTheSlopeOfEachLayer()
    {
        (TowerWeights weights, ContentMatrix content) = Make();
        UserBatch batch = UserBatch.Of([new[] { 0, 3, 5 }, Array.Empty<int>(), new[] { 7, 0 }, new[] { 1, 2, 3, 4, 5, 6, 7 }], [1, 2, 0, 0, 8, 1, 3, 0], 5);
        var pass = new UserPass(weights, content, _lanes);
        float[] change = Numbers(batch.Count * 16, 4);
        float[] gradient = new float[weights.Values.Length];
        pass.Forward(batch);
        pass.Backward(change, gradient);

        CheckSlopes(weights, gradient, () =>
        {
            pass.Forward(batch);
            return Sum(pass.Vectors, change);
        }, [weights.HistoryId, weights.HistoryContent, weights.Position, weights.HistoryScale, weights.ContextScale, weights.UserBias, weights.UserHidden, weights.UserHiddenBias, weights.UserOut, .. weights.Context]);
    }

    [Fact]
    public void Run_OfLossWithoutSoftTargetsForAUser_IsThatOfTheEvents()
    {
        const int Users = 2, Items = 21;
        float[] users = Numbers(Users * 16, 1), items = Numbers(Items * 16, 2);
        var targets = new TargetBatch([0, 1, 2], [3, 5], [1, 1], [0, 0, 0], []);
        SoftmaxLoss plain = new(16, _lanes), mixed = new(16, _lanes);

        double expected = plain.Run(users, Users, items, Items, targets, [], [], 0), actual = mixed.Run(users, Users, items, Items, targets, [], new float[Users * Items], 0.5f);

        Assert.Equal(expected, actual);
        Assert.Equal(plain.UserChange, mixed.UserChange);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.4f)]
    public void Run_OfLoss_GivesItsSlopes(float softShare)
    {
        const int Users = 3, Items = 21;
        float[] users = Numbers(Users * 16, 1), items = Numbers(Items * 16, 2), logs = Numbers(Items, 6);
        float[] soft = new float[Users * Items];
        for (int i = 0; i < soft.Length; i++)
            soft[i] = i % Items is 2 or 9 ? 0.5f : 0;
        var targets = new TargetBatch([0, 2, 3, 5], [1, 4, 20, 0, 7], [0.25f, 0.75f, 1, 0.5f, 0.5f], [0, 1, 1, 3], [3, 8, 11]);
        var loss = new SoftmaxLoss(16, _lanes);
        double value = loss.Run(users, Users, items, Items, targets, logs, soft, softShare);
        float[] userChange = [.. loss.UserChange], itemChange = [.. loss.ItemChange];

        Assert.InRange(value, 0.1, 20);
        foreach ((float[] vectors, float[] change) in new[] { (users, userChange), (items, itemChange) })
        {
            for (int i = 0; i < vectors.Length; i += 5)
                AssertSlope(vectors, i, change[i], 1e-2f, () => loss.Run(users, Users, items, Items, targets, logs, soft, softShare));
        }
    }

    private (TowerWeights Weights, ContentMatrix Content) Make()
    {
        var content = new ContentMatrix(_world.Traits);
        var weights = new TowerWeights(new TowerSizes(_world.Split.Items.TrainingCount, content.Columns, [9, 3], 16, 16, 5));
        foreach (Parameter parameter in weights.All)
            weights.Draw(parameter, 9, (ulong)parameter.Offset, 0.5);
        weights.ItemId.Row(weights.Values, 0).Clear();
        return (weights, content);
    }

    private static void CheckSlopes(TowerWeights weights, float[] gradient, Func<double> value, params ReadOnlySpan<Parameter> parameters)
    {
        foreach (Parameter parameter in parameters)
        {
            int checkedSlopes = 0;
            for (int i = parameter.Offset; i < parameter.Offset + parameter.Length && checkedSlopes < 12; i += 1 + parameter.Length / 40)
            {
                if (gradient[i] == 0)
                    continue;
                AssertSlope(weights.Values, i, gradient[i], 2e-3f, value, parameter.Name);
                checkedSlopes++;
            }

            Assert.True(checkedSlopes > 0, parameter.Name);
        }
    }

    private static void AssertSlope(float[] values, int place, double expected, float step, Func<double> value, string name = "")
    {
        float before = values[place];
        values[place] = before + step;
        double above = value();
        values[place] = before - step;
        double below = value();
        values[place] = before;
        double slope = (above - below) / (2 * step);
        Assert.True(Math.Abs(slope - expected) < 0.01 + 0.02 * Math.Abs(expected), $"{name}[{place}]: {expected} where differences give {slope}");
    }

    private static float[] Numbers(int count, ulong stream)
    {
        var random = new SeededRandom(1, stream);
        float[] numbers = new float[count];
        random.FillGaussian(numbers, 0.7 * Math.Sqrt(count));
        return numbers;
    }

    private static double Sum(float[] vectors, float[] change)
    {
        double sum = 0;
        for (int i = 0; i < change.Length; i++)
            sum += (double)vectors[i] * change[i];
        return sum;
    }
}
