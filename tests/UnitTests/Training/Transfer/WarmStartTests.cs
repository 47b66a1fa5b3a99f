using Inference.Training.Features;
using Inference.Training.Splits;
using Inference.Training.TwoTower;
using UnitTests.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.Transfer;

public sealed class WarmStartTests
{
    private static readonly TwoTowerOptions Still = new() { Dimension = 16, Hidden = 16, MaxHistory = 12, ContextSteps = 0, Steps = 0, Threads = 1 };

    private readonly TowerWorld _world = new(users: 120, perKind: 6);

    [Fact]
    public void Apply_InTheSameShop_FindsItemsValuesAndColumnsAgain()
    {
        ItemTraits traits = _world.Traits with { DenseNames = ["price#0/2", "price#1/2"] };
        TwoTowerState earlier = TwoTowerTrainer.Train(Still with { ContextSteps = 20 }, _world.Split, _world.Contexts, traits).State;
        TowerWeights from = earlier.Weights;

        // Now items stand in reverse, one is new, a value is new and one is gone, columns have changed places, and a third one came.
        int count = _world.Split.Items.TrainingCount;
        string[] ids = [.. _world.Split.Items.Ids.Take(count).Reverse().Skip(1), "new", .. _world.Split.Items.Ids.Skip(count)];
        var items = new SplitItems(ids, count, 0, [.. Enumerable.Repeat(5, ids.Length)]);
        var contexts = new UserContexts([new ContextField("other", ["x"]), new ContextField("kind", ["k9", "k3"])], [], []);
        float[] dense = [.. Enumerable.Range(0, ids.Length).SelectMany(item => new float[] { item % 3 == 0 ? 1 : 0, item % 3 == 1 ? 1 : 0, item % 3 == 2 ? 1 : 0 })];
        var content = new ContentMatrix(traits with { Dense = dense, DenseWidth = 3, DenseNames = ["price#1/2", "colour=red", "price#0/2"] });
        var weights = new TowerWeights(new TowerSizes(count, content.Columns, [2, 3], 16, 16, 12));
        weights.Start(9);
        WarmStart.Apply(weights, content, earlier, items, contexts);

        for (int i = 0; i < count - 1; i++)
        {
            int before = _world.Split.Items.Ids.ToList().IndexOf(ids[i]) + 1;
            Assert.Equal(from.ItemId.Row(from.Values, before).ToArray(), weights.ItemId.Row(weights.Values, i + 1).ToArray());
            Assert.Equal(from.HistoryId.Row(from.Values, before).ToArray(), weights.HistoryId.Row(weights.Values, i + 1).ToArray());
        }

        Assert.All(weights.HistoryId.Row(weights.Values, count).ToArray(), value => Assert.Equal(0, value));
        Assert.All(weights.ItemId.Row(weights.Values, count)[..^1].ToArray(), value => Assert.Equal(0, value));
        int tokens = content.TokenRows;
        Assert.Equal(from.ItemContent.Row(from.Values, 5).ToArray(), weights.ItemContent.Row(weights.Values, 5).ToArray());
        Assert.Equal(from.ItemContent.Row(from.Values, tokens + 1).ToArray(), weights.ItemContent.Row(weights.Values, tokens).ToArray());
        Assert.All(weights.ItemContent.Row(weights.Values, tokens + 1).ToArray(), value => Assert.Equal(0, value));
        Assert.Equal(from.ItemContent.Row(from.Values, tokens).ToArray(), weights.ItemContent.Row(weights.Values, tokens + 2).ToArray());
        Assert.Equal(from.Context[0].Row(from.Values, 4).ToArray(), weights.Context[1].Row(weights.Values, 2).ToArray());
        Assert.Equal(from.Context[0].Row(from.Values, 0).ToArray(), weights.Context[1].Row(weights.Values, 1).ToArray());
        Assert.Equal(from.UserOut.Of(from.Values).ToArray(), weights.UserOut.Of(weights.Values).ToArray());
    }

    [Fact]
    public void Train_OfAnotherShopWithFewEvents_BeginsBetterThanFromNothing()
    {
        // The other shop sells other items of the same kinds, with the same words, to a few users.
        TwoTowerState earlier = TwoTowerTrainer.Train(Still with { ContextSteps = 60, Steps = 60 }, new TowerWorld(seed: 8).Split, new TowerWorld(seed: 8).Contexts, new TowerWorld(seed: 8).Traits).State;
        var small = new TowerWorld(users: 12, seed: 21);
        ColdSplit split = small.Split with { Items = new SplitItems([.. small.Split.Items.Ids.Select(id => "b" + id)], small.Split.Items.TrainingCount, 0, [.. small.Split.Items.TrainingUsers]) };
        Assert.Equal(0, WarmStart.KnownShare(earlier, split.Items));

        double scratch = First(split, small, null), transfer = First(split, small, earlier);

        Assert.True(transfer > scratch + 0.2, $"{transfer} with what the other shop knows, {scratch} without");
    }

    [Fact]
    public void CarryContexts_IntoOtherFactors_KeepsWhatContextsSay()
    {
        TwoTowerModel before = TwoTowerTrainer.Train(Still with { ContextSteps = 60 }, _world.Split, _world.Contexts, _world.Traits);
        // The same items in a space that is turned and stretched.
        var content = new ContentMatrix(_world.Traits);
        var weights = new TowerWeights(before.Weights.Sizes);
        before.Weights.Values.CopyTo(weights.Values.AsSpan());
        foreach (Parameter parameter in new[] { weights.ItemId, weights.ItemContent, weights.ItemBias, weights.ItemOut })
        {
            for (int row = 0; row < parameter.Rows; row++)
            {
                Span<float> vector = parameter.Row(weights.Values, row);
                vector.Reverse();
                System.Numerics.Tensors.TensorPrimitives.Multiply(vector, -2, vector);
            }
        }

        // The hidden layer reads content and id in the space as it was.
        weights.ItemOut.Of(weights.Values).Clear();
        before.Weights.ItemOut.Of(before.Weights.Values).Clear();
        var old = new TwoTowerModel(before.Weights, before.ItemIds, _world.Contexts, content);
        foreach (Parameter parameter in weights.Context)
            parameter.Of(weights.Values).Clear();
        WarmStart.CarryContexts(weights, old, new TwoTowerModel(weights, before.ItemIds, _world.Contexts, content), before.State, _world.Split.Items);
        weights.UserOut.Of(weights.Values).Clear();
        var now = new TwoTowerModel(weights, before.ItemIds, _world.Contexts, content);

        float[] a = new float[16], b = new float[16];
        old.EmbedUser([], [3, 0], a);
        now.EmbedUser([], [3, 0], b);
        double[] x = Scores(old, a), y = Scores(now, b);
        double xy = x.Zip(y, (p, q) => p * q).Sum() / Math.Sqrt(x.Sum(p => p * p) * y.Sum(q => q * q));
        Assert.True(xy > 0.98, $"correlation of scores {xy}");

        static double[] Scores(TwoTowerModel model, float[] user)
        {
            double[] scores = [.. Enumerable.Range(0, model.Weights.Sizes.TrainingItems).Select(item => (double)System.Numerics.Tensors.TensorPrimitives.Dot(user, model.ItemVectors.Slice(item * 16, 16)))];
            double mean = scores.Average();
            return [.. scores.Select(score => score - mean)];
        }
    }

    [Fact]
    public void CarryContexts_WhereAllItemsAreAlike_LeavesThemAsTheyAre()
    {
        TwoTowerModel before = TwoTowerTrainer.Train(Still, _world.Split, _world.Contexts, _world.Traits);
        var flat = new TowerWeights(before.Weights.Sizes);
        var now = new TwoTowerModel(flat, before.ItemIds, _world.Contexts, new ContentMatrix(_world.Traits));

        Assert.False(WarmStart.CarryContexts(flat, before, now, before.State, _world.Split.Items));
        Assert.All(flat.Values, value => Assert.Equal(0, value));
    }

    [Fact]
    public void Load_OfDamagedBytes_SaysSo()
    {
        TwoTowerState state = TwoTowerTrainer.Train(Still, _world.Split, _world.Contexts, _world.Traits).State;
        using var whole = new MemoryStream();
        state.Save(whole);
        string path = Path.GetTempFileName();
        try
        {
            byte[] bytes = whole.ToArray();
            // The mark, the sizes, and the length of the first id; then what no text can be as long as.
            for (int at = 0; at <= 32; at++)
                ThrowsFor([.. bytes[..at], (byte)~bytes[at], .. bytes[(at + 1)..]]);
            ThrowsFor([.. bytes[..32], 0xFF, 0xFF, 0xFF, 0xFF, 0x0F, .. bytes[37..]]);
            ThrowsFor([.. bytes[..32], 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. bytes[38..]]);
            ThrowsFor(bytes[..^1]);
        }
        finally
        {
            File.Delete(path);
        }

        void ThrowsFor(byte[] damaged)
        {
            File.WriteAllBytes(path, damaged);
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => TwoTowerState.Load(path)).Message, StringComparison.Ordinal);
        }
    }

    private static double First(ColdSplit split, TowerWorld world, TwoTowerState? earlier)
    {
        var reports = new List<TwoTowerProgress>();
        TwoTowerTrainer.Train(Still, split, world.Contexts, world.Traits, warmStart: earlier, progress: new Collect(reports));
        return reports[0].Quality.Criterion;
    }

    private sealed class Collect(List<TwoTowerProgress> reports) : IProgress<TwoTowerProgress>
    {
        public void Report(TwoTowerProgress value) => reports.Add(value);
    }
}
