using Google.Protobuf;
using Inference.Towers.Bundles;
using Inference.Towers.Onnx.Proto;

namespace Inference.Towers.Runtime;

/// <summary>The bytes of an .onnx file, looked through before the native runtime gets them.</summary>
internal sealed class ModelFile
{
    private ModelFile(byte[] content, string folder, IReadOnlySet<string> externalFiles)
    {
        Content = content;
        Folder = folder;
        ExternalFiles = externalFiles;
    }

    public byte[] Content { get; }

    /// <summary>The folder with <see cref="ExternalFiles"/>.</summary>
    public string Folder { get; }

    /// <summary>Names of the files that the model takes weights from.</summary>
    public IReadOnlySet<string> ExternalFiles { get; }

    /// <summary>Reads the structure of a model; null, with the reasons reported, when it is none or reaches out of its folder.</summary>
    /// <param name="content">Content of the file.</param>
    /// <param name="folder">Folder with the files that it may take weights from.</param>
    /// <param name="known">Their names.</param>
    public static ModelFile? Inspect(byte[] content, string folder, IReadOnlySet<string> known, BundleProblems problems, string where)
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

            Collect(model, external);
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
            else if (!known.Contains(file))
                problems.Add(where, $"takes weights from '{file}', which 'files' does not list.");
        }

        return problems.Count == before ? new ModelFile(content, folder, external) : null;
    }

    /// <summary>The files beside a model that it takes weights from: name and path.</summary>
    /// <exception cref="InvalidDataException">The content is no ONNX model.</exception>
    public static IReadOnlyDictionary<string, string> ExternalFilesOf(byte[] content, string path)
    {
        var external = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            Collect(ModelProto.Parser.ParseFrom(content), external);
        }
        catch (InvalidProtocolBufferException e)
        {
            throw new InvalidDataException($"{path}: is no ONNX model: {e.Message}", e);
        }

        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        return external.ToDictionary(name => name, name => System.IO.Path.Combine(folder, name));
    }

    private static void Collect(ModelProto model, HashSet<string> external)
    {
        if (model.Graph is not null)
            Collect(model.Graph, external);
        foreach (FunctionProto function in model.Functions)
            Collect(function.Node, external);
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
