using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Training.Chance;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Serving;

/// <summary>`ranked-bundle`: puts a ranking model of drawn weights into a copy of a bundle: all cross features of an event log into 64 and 32 hidden units. It ranks nothing well; it costs what a real one of its size does.</summary>
internal static class RankedBundle
{
    private static readonly CrossFeature[] Reads =
    [
        CrossFeature.RetrievalScore, CrossFeature.RetrievalRank, CrossFeature.InnerProduct, CrossFeature.Cosine, CrossFeature.Popularity, CrossFeature.LatestSimilarity, CrossFeature.HistorySimilarity, CrossFeature.KnownEvents,
    ];

    public static async Task<int> WriteAsync(string source, string folder)
    {
        var random = new SeededRandom(1);
        var graph = new OnnxGraph("ranker");
        OnnxValue x = graph.Input("pair", OnnxType.Float32, "batch", Reads.Length);
        OnnxValue hidden = graph.Relu(graph.MatMulTransposed(x, Drawn(graph, ref random, "w1", 64, Reads.Length)));
        hidden = graph.Relu(graph.MatMulTransposed(hidden, Drawn(graph, ref random, "w2", 32, 64)));
        graph.Output("score", graph.MatMulTransposed(hidden, Drawn(graph, ref random, "w3", 1, 32)), OnnxType.Float32, "batch", 1);
        var manifest = new TowerManifest
        {
            Output = "score",
            Inputs = [new InputManifest { Name = "pair", Encoder = new ColumnsSpec { Columns = [.. Reads.Select(feature => new CrossSpec { Value = CrossFeatures.Names[(int)feature], Missing = 0 })] } }],
        };
        // Of nothing known it makes nothing: it has no bias.
        var golden = new RankerCase { Items = [FirstItem(source)], Scores = [0f] };
        var addition = new RankerAddition(new TowerContent { Model = graph.ToBytes(), Manifest = manifest }, [golden], new JsonObject { ["weights"] = "drawn" });
        string target = Path.GetFullPath(folder);
        await addition.WriteAsync(source, target, Path.GetFileName(Path.GetDirectoryName(target)!), Path.GetFileName(target), overwrite: true, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        return 0;
    }

    private static string FirstItem(string bundle)
    {
        using JsonDocument line = JsonDocument.Parse(File.ReadLines(Path.Combine(bundle, "items.jsonl")).First());
        return line.RootElement.GetProperty("id").GetString()!;
    }

    private static OnnxValue Drawn(OnnxGraph graph, ref SeededRandom random, string name, int rows, int columns)
    {
        float[] weights = new float[rows * columns];
        for (int i = 0; i < weights.Length; i++)
            weights[i] = (float)(random.NextGaussian() / Math.Sqrt(columns));
        return graph.Constant(name, weights, rows, columns);
    }
}
