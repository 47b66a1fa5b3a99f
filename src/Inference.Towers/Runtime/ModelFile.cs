using Google.Protobuf;
using Inference.Towers.Bundles;
using Inference.Towers.Onnx.Proto;

namespace Inference.Towers.Runtime;

/// <summary>The bytes of an .onnx file, looked through before the native runtime gets them.</summary>
internal sealed class ModelFile
{
    private ModelFile(byte[] content, string? path, IReadOnlySet<string> externalFiles)
    {
        Content = content;
        Path = path;
        ExternalFiles = externalFiles;
    }

    public byte[] Content { get; }

    /// <summary>Where the file lies; null for a model in memory.</summary>
    public string? Path { get; }

    /// <summary>Names of the files with weights that lie beside the model.</summary>
    public IReadOnlySet<string> ExternalFiles { get; }

    /// <summary>Reads the structure of a model; null, with the reasons reported, when it is none or reaches out of its folder.</summary>
    /// <param name="content">Content of the file.</param>
    /// <param name="path">Where it lies; null for a model in memory.</param>
    /// <param name="known">Files that the model may take weights from.</param>
    public static ModelFile? Inspect(byte[] content, string? path, IReadOnlySet<string> known, BundleProblems problems, string where)
    {
        var external = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            ModelProto model = ModelProto.Parser.ParseFrom(content);
            if (model.Graph is null)
            {
                problems.Add(where, "is no ONNX model: it has no graph.");
                return null;
            }

            Collect(model.Graph, external);
            foreach (FunctionProto function in model.Functions)
                Collect(function.Node, external);
        }
        catch (InvalidProtocolBufferException e)
        {
            problems.Add(where, $"is no ONNX model: {e.Message}");
            return null;
        }

        int before = problems.Count;
        foreach (string file in external)
        {
            if (!BundleFiles.IsSafe(file))
                problems.Add(where, $"takes weights from '{file}', which is not a plain file beside the model.");
            else if (path is null)
                problems.Add(where, $"takes weights from '{file}', but is not in a folder.");
            else if (!known.Contains(file))
                problems.Add(where, $"takes weights from '{file}', which 'files' does not list.");
        }

        return problems.Count == before ? new ModelFile(content, path, external) : null;
    }

    private static void Collect(GraphProto graph, HashSet<string> external)
    {
        foreach (TensorProto tensor in graph.Initializer)
            Collect(tensor, external);
        foreach (SparseTensorProto tensor in graph.SparseInitializer)
            Collect(tensor, external);
        Collect(graph.Node, external);
    }

    private static void Collect(IEnumerable<NodeProto> nodes, HashSet<string> external)
    {
        foreach (AttributeProto attribute in nodes.SelectMany(node => node.Attribute))
        {
            Collect(attribute.T, external);
            foreach (TensorProto tensor in attribute.Tensors)
                Collect(tensor, external);
            Collect(attribute.SparseTensor, external);
            foreach (SparseTensorProto tensor in attribute.SparseTensors)
                Collect(tensor, external);
            if (attribute.G is not null)
                Collect(attribute.G, external);
            foreach (GraphProto graph in attribute.Graphs)
                Collect(graph, external);
        }
    }

    private static void Collect(SparseTensorProto? tensor, HashSet<string> external)
    {
        Collect(tensor?.Values, external);
        Collect(tensor?.Indices, external);
    }

    private static void Collect(TensorProto? tensor, HashSet<string> external)
    {
        if (tensor is null || (tensor.DataLocation != TensorProto.Types.DataLocation.External && tensor.ExternalData.Count == 0))
            return;
        external.Add(tensor.ExternalData.FirstOrDefault(entry => entry.Key == "location")?.Value ?? "");
    }
}
