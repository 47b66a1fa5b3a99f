using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;

namespace Inference.Training.Ranking;

/// <summary>A trained ranking model as a graph, with the encoders that feed it: one input of cross features as they are, everything else inside.</summary>
internal static class RankerGraph
{
    private const string Input = "pair", Output = "score";

    public static TowerContent Of(RankerInputs inputs, RankerNetwork network)
    {
        int columns = RankerInputs.Columns.Length;
        var graph = new OnnxGraph("ranker");
        OnnxValue x = graph.Input(Input, OnnxType.Float32, "batch", columns);
        // z = ((1 − is_log) x + ln(1 + k · max(x, 0)) − mean) · scale, where k = 0 leaves ln 1 = 0.
        OnnxValue linear = graph.Multiply(x, graph.Constant("is_linear", [.. RankerInputs.Columns.Select(column => column.LogFactor > 0 ? 0f : 1f)], columns));
        OnnxValue grown = graph.Multiply(graph.Relu(x), graph.Constant("log_factor", [.. RankerInputs.Columns.Select(column => column.LogFactor)], columns));
        OnnxValue log = graph.Node("Log", [graph.Add(grown, graph.Constant("one", [1f], 1))]);
        OnnxValue centred = graph.Add(graph.Add(linear, log), graph.Constant("minus_mean", Array.ConvertAll(inputs.Mean, mean => -mean), columns));
        OnnxValue z = graph.Multiply(centred, graph.Constant("scale", inputs.Scale, columns));
        ReadOnlySpan<float> weights = network.Weights;
        int hidden = network.Hidden;
        OnnxValue score = graph.MatMulTransposed(z, graph.Constant("a", weights[..columns], 1, columns));
        if (hidden > 0)
        {
            OnnxValue active = graph.Tanh(graph.MatMulTransposed(
                z, graph.Constant("w", weights.Slice(columns, hidden * columns), hidden, columns), row: graph.Constant("b", weights.Slice(columns + (hidden * columns), hidden), hidden)));
            score = graph.Add(score, graph.MatMulTransposed(active, graph.Constant("v", weights[^hidden..], 1, hidden)));
        }

        graph.Output(Output, score, OnnxType.Float32, "batch", 1);
        return new TowerContent { Model = graph.ToBytes(), Manifest = Manifest(inputs) };
    }

    private static TowerManifest Manifest(RankerInputs inputs) => new()
    {
        Output = Output,
        Inputs =
        [
            new InputManifest
            {
                Name = Input,
                Encoder = new ColumnsSpec { Columns = [.. RankerInputs.Columns.Select((column, i) => new CrossSpec { Value = CrossFeatures.Names[(int)column.Feature], Missing = inputs.Missing[i] })] },
            },
        ],
    };
}
