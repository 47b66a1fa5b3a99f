using Inference.Towers.Runtime;
using Inference.Training.Features;
using Inference.Training.TwoTower;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace UnitTests.Training.Distillation;

/// <summary>Runs exported towers.</summary>
internal static class GraphRuns
{
    public static float[] Users(byte[] model, int[][] histories, int[][] codes)
    {
        int length = Math.Max(1, histories.Max(history => history.Length));
        long[] ids = new long[histories.Length * length];
        float[] mask = new float[ids.Length];
        for (int row = 0; row < histories.Length; row++)
        {
            for (int i = 0; i < histories[row].Length; i++)
                (ids[(row * length) + i], mask[(row * length) + i]) = (histories[row][i] + 1, 1);
        }

        return Run(model, TwoTowerGraphs.UserEmbedding,
            (TwoTowerGraphs.HistoryIds, OrtValue.CreateTensorValueFromMemory(ids, [histories.Length, length])),
            (TwoTowerGraphs.HistoryMask, OrtValue.CreateTensorValueFromMemory(mask, [histories.Length, length])),
            (TwoTowerGraphs.Context, OrtValue.CreateTensorValueFromMemory([.. codes.SelectMany(row => row.Select(code => (long)code))], [codes.Length, codes[0].Length])));
    }

    public static float[] Items(byte[] model, ItemTraits traits)
    {
        long[] ids = [.. Enumerable.Range(1, traits.Count).Select(id => (long)id)], tokens = new long[traits.Count * 2];
        for (int item = 0; item < traits.Count; item++)
            (tokens[item * 2], tokens[(item * 2) + 1]) = (traits.Tokens[item][0], traits.Tokens[item][1]);
        return Run(model, TwoTowerGraphs.ItemEmbedding,
            (TwoTowerGraphs.ItemId, OrtValue.CreateTensorValueFromMemory(ids, [traits.Count])),
            (TwoTowerGraphs.Tokens, OrtValue.CreateTensorValueFromMemory(tokens, [traits.Count, 2])),
            (TwoTowerGraphs.Traits, OrtValue.CreateTensorValueFromMemory(traits.Dense, [traits.Count, traits.DenseWidth])));
    }

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
}
