using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>
/// Holds a tower's manifest against its graph: names, element types, ranks, dimensions, both ways, and reports all that does not fit.
/// <list type="number">
/// <item>every input of the manifest is one of the graph, every input of the graph one of the manifest</item>
/// <item>element type and shape are as the manifest says, where it says something</item>
/// <item>the first dimension is the batch: open, or the same number everywhere</item>
/// <item>the rest is what the encoder writes: one column per history item, or its width</item>
/// <item>the output is [batch, dimension] of floats; of a ranking model [batch] or [batch, columns], one of which is the score</item>
/// </list>
/// </summary>
internal sealed class TowerBinder(TowerManifest manifest, string where, int dimension, int maxBatch, BundleProblems problems, bool hasFewSizes = false, bool ofScores = false)
{
    /// <summary>Most bytes of one input's buffer.</summary>
    private const long MaxInputBytes = 1 << 30;

    private int? _fixedBatch;
    private int? _fixedHistory;

    /// <summary>The tower's shape; null when something does not fit.</summary>
    public TowerShape? Bind(InferenceSession session, EncoderScope scope)
    {
        int before = problems.Count;
        IReadOnlyDictionary<string, NodeMetadata> graph = session.InputMetadata;
        foreach (string name in graph.Keys)
        {
            if (!manifest.Inputs!.Any(input => input.Name == name))
                problems.Add(where, $"the graph has an input '{name}' ({Describe(graph[name])}) that the manifest does not feed.");
        }

        var inputs = new List<(InputManifest Manifest, NodeMetadata Node, int Width)>();
        for (int i = 0; i < manifest.Inputs!.Count; i++)
        {
            InputManifest input = manifest.Inputs[i];
            if (graph.TryGetValue(input.Name!, out NodeMetadata? node))
                inputs.Add((input, node, Check(input, node, $"{where}.inputs[{i}] ('{input.Name}')")));
            else
                problems.Add($"{where}.inputs[{i}]", $"the graph has no input '{input.Name}'; it has {string.Join(", ", graph.Keys.Select(name => $"'{name}'"))}.");
        }

        BoundOutput? output = CheckOutput(session.OutputMetadata);
        if (_fixedHistory is int columns && manifest.History?.MaxLength > columns)
            problems.Add($"{where}.history", $"'max_length' is {manifest.History.MaxLength}, but the graph takes {columns} items.");
        int batch = _fixedBatch ?? Math.Min(maxBatch, manifest.MaxBatch ?? maxBatch);
        CheckSizes(inputs, batch);
        if (problems.Count > before)
            return null;

        HistoryLayout? history = manifest.History is null ? null : new HistoryLayout(manifest.History, _fixedHistory);
        EncoderScope full = scope with { History = history };
        return new TowerShape
        {
            Inputs = [.. inputs.Select(input => TensorInput.Create(
                input.Manifest.Name!,
                input.Node.ElementDataType,
                input.Manifest.Encoder!,
                input.Width,
                Array.ConvertAll(input.Node.Dimensions, size => (long)size),
                full))],
            Output = output!.Name,
            OutputType = output.Type,
            Dimension = dimension,
            OutputWidth = output.Width,
            OutputColumn = manifest.Column ?? 0,
            OutputIsFlat = output.IsFlat,
            History = history,
            MaxBatch = batch,
            FixedBatch = _fixedBatch,
            HasFewSizes = hasFewSizes,
        };
    }

    /// <summary>Elements per row; -1 for a history, 0 after a fault.</summary>
    private int Check(InputManifest input, NodeMetadata node, string place)
    {
        if (!node.IsTensor || !ElementTypes.IsInput(node.ElementDataType))
        {
            problems.Add(place, $"the graph wants {Describe(node)}; inputs can be {ElementTypes.Names}.");
            return 0;
        }

        if (input.Dtype is not null && input.Dtype != ElementTypes.NameOf(node.ElementDataType))
            problems.Add(place, $"'dtype' is '{input.Dtype}', but the graph has '{ElementTypes.NameOf(node.ElementDataType)}'.");
        int[] dims = node.Dimensions;
        if (input.Shape is not null && !input.Shape.SequenceEqual(dims.Select(size => (long)size)))
            problems.Add(place, $"'shape' is [{string.Join(", ", input.Shape)}], but the graph has [{string.Join(", ", dims)}].");
        if (dims.Length == 0)
        {
            problems.Add(place, "is a scalar in the graph; inputs need a batch axis.");
            return 0;
        }

        CheckBatch(dims[0], place);
        return input.Encoder!.IsHistory ? CheckHistory(dims, place) : CheckWidth(input.Encoder, dims, place);
    }

    private void CheckBatch(int size, string place)
    {
        if (size < 0)
            return;
        if (size == 0 || size > maxBatch)
            problems.Add(place, $"the graph takes batches of exactly {size}; sizes up to {maxBatch} can be served.");
        else if (_fixedBatch is int other && other != size)
            problems.Add(place, $"the graph takes batches of exactly {size} here, but of {other} at another input or output.");
        else
            _fixedBatch = size;
    }

    private int CheckHistory(int[] dims, string place)
    {
        if (dims.Length != 2)
        {
            problems.Add(place, $"a history is [batch, history], but the graph has [{string.Join(", ", dims)}].");
            return 0;
        }

        if (dims[1] >= 0)
        {
            if (dims[1] == 0 || (_fixedHistory is int other && other != dims[1]))
                problems.Add(place, $"the graph has {dims[1]} history columns here" + (dims[1] == 0 ? "." : $", but {_fixedHistory} at another input."));
            _fixedHistory = dims[1];
        }

        return -1;
    }

    private int CheckWidth(EncoderSpec encoder, int[] dims, string place)
    {
        if (dims.Length == 2 && dims[1] < 0)
        {
            if (encoder.Width is int own)
                return own;
            problems.Add(place, "the graph leaves the length open, so the encoder has to say it: give 'length'.");
            return 0;
        }

        long width = 1;
        foreach (int size in dims.AsSpan(1))
        {
            if (size <= 0)
            {
                problems.Add(place, $"the graph leaves a dimension of [{string.Join(", ", dims)}] open that is not the batch; only the second of two can be.");
                return 0;
            }

            width *= size;
            if (width > SpecCheck.MaxWidth)
            {
                problems.Add(place, $"the graph has more than {SpecCheck.MaxWidth} columns.");
                return 0;
            }
        }

        if (encoder.Width is int wanted && wanted != width)
            problems.Add(place, $"'{EncoderSpecConverter.NameOf(encoder)}' writes {wanted} numbers per row, but the graph has [{string.Join(", ", dims)}].");
        return (int)width;
    }

    private BoundOutput? CheckOutput(IReadOnlyDictionary<string, NodeMetadata> outputs)
    {
        string names = string.Join(", ", outputs.Keys.Select(key => $"'{key}'"));
        if (manifest.Output is null && outputs.Count != 1)
        {
            problems.Add(where, $"'output' is missing: the graph has {outputs.Count} outputs ({names}), and one of them is the {(ofScores ? "score" : "embedding")}.");
            return null;
        }

        string name = manifest.Output ?? outputs.Keys.Single();
        if (!outputs.TryGetValue(name, out NodeMetadata? node))
        {
            problems.Add(where, $"the graph has no output '{name}'; it has {names}.");
            return null;
        }

        string place = $"{where}.output ('{name}')";
        if (!node.IsTensor || node.ElementDataType is not (TensorElementType.Float or TensorElementType.Float16))
        {
            problems.Add(place, $"{(ofScores ? "a score" : "an embedding")} is 'float32' or 'float16', but the graph has {Describe(node)}.");
            return null;
        }

        int[] dims = node.Dimensions;
        if (ofScores)
            return new BoundOutput(name, node.ElementDataType, CheckScores(dims, place), IsFlat: dims.Length == 1);
        if (dims.Length != 2 || (dims[1] >= 0 && dims[1] != dimension))
            problems.Add(place, $"an embedding is [batch, {dimension}], but the graph has [{string.Join(", ", dims)}].");
        else
            CheckBatch(dims[0], place);
        return new BoundOutput(name, node.ElementDataType, dimension, IsFlat: false);
    }

    /// <summary>Columns of the output that has the scores; 0 after a fault.</summary>
    private int CheckScores(int[] dims, string place)
    {
        if (dims.Length is not (1 or 2))
        {
            problems.Add(place, $"scores are [batch] or [batch, 1], but the graph has [{string.Join(", ", dims)}].");
            return 0;
        }

        CheckBatch(dims[0], place);
        if (dims.Length == 2 && dims[1] < 0 && manifest.Column is not null)
        {
            problems.Add(place, $"the graph leaves open how many columns there are; 'column' needs their number.");
            return 0;
        }

        // Exporters leave the last axis open where it is 1.
        int width = dims.Length == 1 || dims[1] < 0 ? 1 : dims[1];
        if (width == 0 || width > SpecCheck.MaxWidth)
            problems.Add(place, $"the graph has [{string.Join(", ", dims)}]; scores have 1 to {SpecCheck.MaxWidth} columns.");
        else if (width > 1 && manifest.Column is null)
            problems.Add(place, $"the graph has [{string.Join(", ", dims)}]; 'column' has to say which of the {width} columns is the score, from 0.");
        else if (manifest.Column >= width)
            problems.Add(place, $"'column' is {manifest.Column}, but the graph has [{string.Join(", ", dims)}].");
        return width;
    }

    private void CheckSizes(List<(InputManifest Manifest, NodeMetadata Node, int Width)> inputs, int batch)
    {
        foreach ((InputManifest input, _, int width) in inputs)
        {
            long columns = width >= 0 ? width : _fixedHistory ?? manifest.History?.MaxLength ?? 0;
            if (columns * batch * sizeof(long) > MaxInputBytes)
                problems.Add(where, $"the input '{input.Name}' would need {columns} × {batch} numbers; lower 'max_batch' or the length.");
        }
    }

    private sealed record BoundOutput(string Name, TensorElementType Type, int Width, bool IsFlat);

    private static string Describe(NodeMetadata node) =>
        node.IsTensor ? $"{ElementTypes.NameOf(node.ElementDataType)} [{string.Join(", ", node.Dimensions)}]" : node.OnnxValueType.ToString();
}
