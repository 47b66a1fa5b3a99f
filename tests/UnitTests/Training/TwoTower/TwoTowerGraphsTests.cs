using Inference.Towers.Runtime;
using Inference.Training.TwoTower;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.Training.TwoTower;

public sealed class TwoTowerGraphsTests
{
    private readonly TowerWorld _world = new(users: 60, perKind: 4);

    [Fact]
    public void UserTower_WithPaddingOnEitherSide_IsWhatTheModelComputes()
    {
        TwoTowerModel model = Make(out int d);
        int[][] histories = [[], [3], [5, 6, 7], [1, 2, 3, 4, 5, 6, 8], [31, 33]];
        int[][] codes = [[1, 2], [0, 0], [8, 1], [3, 0], [2, 2]];
        foreach (int padding in (int[])[0, 3])
        {
            // At most five are read; the manifest cuts before the graph.
            long[] ids = new long[histories.Length * (5 + padding)];
            float[] mask = new float[ids.Length];
            for (int row = 0; row < histories.Length; row++)
            {
                int[] latest = histories[row][Math.Max(0, histories[row].Length - 5)..];
                int from = row * (5 + padding) + (row % 2 == 0 ? 0 : 5 + padding - latest.Length);
                for (int i = 0; i < ids.Length / histories.Length; i++)
                    ids[row * (5 + padding) + i] = 2;
                for (int i = 0; i < latest.Length; i++)
                    (ids[from + i], mask[from + i]) = (latest[i] + 1, 1);
            }

            long[] context = [.. codes.SelectMany(row => row.Select(code => (long)code))];
            float[] answer = Run(TwoTowerGraphs.UserTower(model), TwoTowerGraphs.UserEmbedding,
                (TwoTowerGraphs.HistoryIds, OrtValue.CreateTensorValueFromMemory(ids, [histories.Length, 5 + padding])),
                (TwoTowerGraphs.HistoryMask, OrtValue.CreateTensorValueFromMemory(mask, [histories.Length, 5 + padding])),
                (TwoTowerGraphs.Context, OrtValue.CreateTensorValueFromMemory(context, [histories.Length, 2])));
            float[] expected = new float[answer.Length];
            for (int row = 0; row < histories.Length; row++)
                model.EmbedUser(histories[row], codes[row], expected.AsSpan(row * d, d));
            AssertClose(expected, answer);
        }
    }

    [Fact]
    public void ItemTower_OfKnownAndNewItems_IsWhatTheModelComputes()
    {
        TwoTowerModel model = Make(out int d);
        int count = model.ItemIds.Count;
        long[] ids = [.. Enumerable.Range(1, count).Select(id => (long)id)], tokens = new long[count * 4];
        float[] traits = _world.Traits.Dense;
        for (int item = 0; item < count; item++)
        {
            // Padding between and behind tokens counts for nothing.
            tokens[item * 4] = _world.Traits.Tokens[item][0];
            tokens[item * 4 + 2] = _world.Traits.Tokens[item][1];
        }

        float[] answer = Items(model, ids, tokens, traits, count);
        AssertClose(model.ItemVectors.ToArray(), answer);

        float[] unknown = Items(model, [0], tokens[^4..], traits[^2..], 1);
        AssertClose(model.ItemVectors[^d..].ToArray(), unknown);
    }

    [Fact]
    public void EmbedUser_IsWhatTheBatchGives()
    {
        TwoTowerModel model = Make(out int d);
        int[] history = [4, 9, 2, 7, 1, 3, 11];
        var pass = new UserPass(model.Weights, model.Content, new Lanes(1));
        pass.Forward(UserBatch.Of([history], [3, 1], model.MaxHistory));
        float[] alone = new float[d];
        model.EmbedUser(history, [3, 1], alone);

        AssertClose(alone, pass.Vectors[..d]);
    }

    private TwoTowerModel Make(out int dimension)
    {
        var content = new ContentMatrix(_world.Traits);
        var weights = new TowerWeights(new TowerSizes(_world.Split.Items.TrainingCount, content.Columns, [9, 3], 16, 32, 5));
        foreach (Parameter parameter in weights.All)
            weights.Draw(parameter, 4, (ulong)parameter.Offset, 0.3);
        weights.ItemId.Row(weights.Values, 0).Clear();
        weights.ItemContent.Row(weights.Values, 0).Clear();
        dimension = 16;
        return new TwoTowerModel(weights, _world.Split.Items.Ids, _world.Contexts, content);
    }

    private static float[] Items(TwoTowerModel model, long[] ids, long[] tokens, float[] traits, int count) => Run(TwoTowerGraphs.ItemTower(model), TwoTowerGraphs.ItemEmbedding,
        (TwoTowerGraphs.ItemId, OrtValue.CreateTensorValueFromMemory(ids, [count])),
        (TwoTowerGraphs.Tokens, OrtValue.CreateTensorValueFromMemory(tokens, [count, 4])),
        (TwoTowerGraphs.Traits, OrtValue.CreateTensorValueFromMemory(traits, [count, 2])));

    private static float[] Run(byte[] model, string output, params (string Name, OrtValue Value)[] inputs)
    {
        using SessionOptions options = OnnxEnvironment.NewSessionOptions(1, NullLogger.Instance);
        using var session = new InferenceSession(model, options);
        using var run = new RunOptions();
        using IDisposableReadOnlyCollection<OrtValue> outputs = session.Run(run, [.. inputs.Select(input => input.Name)], [.. inputs.Select(input => input.Value)], [output]);
        float[] answer = outputs[0].GetTensorDataAsSpan<float>().ToArray();
        foreach ((_, OrtValue value) in inputs)
            value.Dispose();
        return answer;
    }

    private static void AssertClose(float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) < 1e-5 * Math.Max(1, Math.Abs(expected[i])), $"{i}: {actual[i]} where {expected[i]} is expected");
    }
}
