using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Towers;

/// <summary>
/// A user tower that a machine can offer several times what it can do: the mean of the history, then dense layers, of which the middle one may be repeated with the same weights, so that a row costs time without
/// costing memory. Everything follows from the seed.
/// </summary>
internal static class HeavyTower
{
    public const int Dimension = 64;
    private const int Items = 1000, MaxHistory = 50;

    /// <param name="width">Of the layers; 1,536 takes a fraction of a millisecond a row.</param>
    /// <param name="repeats">How often the middle layer runs.</param>
    public static BundleContent Content(int width = 1536, int repeats = 1)
    {
        var random = new Random(3);
        return new BundleContent
        {
            Name = "heavy",
            Version = "1",
            Dimension = Dimension,
            Metric = Metric.InnerProduct,
            UserTower = new TowerContent
            {
                Model = Model(random, width, repeats),
                Manifest = new TowerManifest
                {
                    Output = "embedding",
                    History = new HistoryManifest { MaxLength = MaxHistory },
                    Inputs =
                    [
                        new InputManifest { Name = "ids", Dtype = "int64", Encoder = new HistoryIdsSpec { Offset = 1, Pad = 0 } },
                        new InputManifest { Name = "mask", Dtype = "float32", Encoder = new HistoryMaskSpec() },
                    ],
                },
            },
            Items = [.. Enumerable.Range(0, Items).Select(row => new BundleItem { Id = $"item-{row}" })],
            ItemEmbeddings = Numbers(random, Items * Dimension, 1),
        };
    }

    /// <summary>On one thread, so that it can do as much while another one makes the load.</summary>
    public static OpenedTowers Open() => OpenedTowers.Open(Content(), new TowerOptions { IntraOpThreads = 1 }, NullLogger.Instance);

    public static UserTowerInput[] Users(int count)
    {
        var random = new Random(5);
        return [.. Enumerable.Range(0, count).Select(_ => new UserTowerInput(default, Enumerable.Range(0, random.Next(1, 20)).Select(_ => random.Next(Items)).ToArray()))];
    }

    private static byte[] Model(Random random, int width, int repeats)
    {
        var graph = new OnnxGraph("heavy");
        OnnxValue ids = graph.Input("ids", OnnxType.Int64, "batch", "history");
        OnnxValue mask = graph.Input("mask", OnnxType.Float32, "batch", "history");
        OnnxValue x = graph.MaskedMean(graph.Constant("items", Numbers(random, (Items + 1) * Dimension, 1), Items + 1, Dimension), ids, mask);
        int[] widths = [Dimension, width, width, Dimension];
        for (int layer = 1; layer < widths.Length; layer++)
        {
            OnnxValue weights = graph.Constant($"w{layer}", Numbers(random, widths[layer - 1] * widths[layer], 1f / MathF.Sqrt(widths[layer - 1])), widths[layer - 1], widths[layer]);
            for (int run = layer == 2 ? repeats : 1; run > 0; run--)
                x = graph.Node("Tanh", [graph.Node("MatMul", [x, weights])]);
        }

        graph.Output("embedding", x, OnnxType.Float32, "batch", Dimension);
        return graph.ToBytes();
    }

    private static float[] Numbers(Random random, int count, float size)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (float)((random.NextDouble() * 2) - 1) * size;
        return numbers;
    }
}
