using Inference.Towers.Bundles;
using Inference.Towers.Onnx;

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
        IReadOnlySet<string> external;
        try
        {
            external = ExternalWeights.Find(content, out bool hasGraph);
            if (!hasGraph)
            {
                problems.Add(where, "is no ONNX model: it has no graph.");
                return null;
            }
        }
        catch (InvalidDataException e)
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
        IReadOnlySet<string> external;
        try
        {
            external = ExternalWeights.Find(content, out _);
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{path}: is no ONNX model: {e.Message}", e);
        }

        string folder = System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path))!;
        return external.ToDictionary(name => name, name => System.IO.Path.Combine(folder, name));
    }
}
