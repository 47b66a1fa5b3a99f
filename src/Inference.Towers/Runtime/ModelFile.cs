using System.IO.MemoryMappedFiles;
using Inference.Towers.Bundles;
using Inference.Towers.Onnx;

namespace Inference.Towers.Runtime;

/// <summary>The bytes of an .onnx file, looked through before the native runtime gets them.</summary>
internal sealed class ModelFile : IDisposable
{
    private const long SmallBytes = 16 << 20;

    private ModelFile(byte[]? content, string path, string folder, IReadOnlySet<string> externalFiles)
    {
        Content = content;
        Path = path;
        Folder = folder;
        ExternalFiles = externalFiles;
    }

    /// <summary>The bytes that were looked through; null for a large file, which the runtime reads itself.</summary>
    public byte[]? Content { get; private set; }

    /// <summary>Where the file lies; "" for one that is in memory only.</summary>
    public string Path { get; }

    /// <summary>The folder with <see cref="ExternalFiles"/>.</summary>
    public string Folder { get; }

    /// <summary>Names of the files that the model takes weights from.</summary>
    public IReadOnlySet<string> ExternalFiles { get; }

    /// <summary>Looks through a model in memory; null, with the reasons reported, when it is none or reaches out of its folder.</summary>
    /// <param name="content">Content of the file.</param>
    /// <param name="folder">Folder with the files that it may take weights from.</param>
    /// <param name="known">Their names.</param>
    public static ModelFile? Inspect(byte[] content, string folder, IReadOnlySet<string> known, BundleProblems problems, string where) =>
        Look(content, known, problems, where) is { } external ? new ModelFile(content, "", folder, external) : null;

    /// <summary>
    /// Looks through a model file, likewise. A small one is read into memory, so that what was inspected is what runs. A large one, which is one with a table of vectors for each item, is mapped for that
    /// and read again by the runtime: a large array would bring the next full collection nearer and stay until then, and a file that changes meanwhile is found at the end of the load
    /// (<see cref="FileCheck.CheckUnchanged"/>).
    /// </summary>
    /// <param name="path">The file.</param>
    /// <inheritdoc cref="Inspect" path="/param"/>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static ModelFile? InspectFile(string path, string folder, IReadOnlySet<string> known, BundleProblems problems, string where)
    {
        long length = new FileInfo(path).Length;
        if (length <= SmallBytes)
        {
            byte[] content = ModelBytes.Read(path);
            return Look(content, known, problems, where) is { } found ? new ModelFile(content, path, folder, found) : null;
        }

        using var mapping = MemoryMappedFile.CreateFromFile(path, FileMode.Open, mapName: null, capacity: 0, MemoryMappedFileAccess.Read);
        using MemoryMappedViewAccessor view = mapping.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        IReadOnlySet<string>? external = LookAt(view, (int)length, known, problems, where);
        // Where weights lie beside the model, the runtime has to be told where that is, which it can be for bytes only.
        return external is null ? null : new ModelFile(external.Count > 0 ? File.ReadAllBytes(path) : null, path, folder, external);
    }

    /// <summary>Lets go of the bytes, after the runtime has opened the model: it keeps copies of its own.</summary>
    public void Dispose()
    {
        if (Path.Length > 0 && Content is { } content)
            ModelBytes.Return(content);
        Content = null;
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

    private static unsafe IReadOnlySet<string>? LookAt(MemoryMappedViewAccessor view, int length, IReadOnlySet<string> known, BundleProblems problems, string where)
    {
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            return Look(new ReadOnlySpan<byte>(start + view.PointerOffset, length), known, problems, where);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    /// <summary>Names of the files that a model takes weights from; null, with the reasons reported, when it is none or may not.</summary>
    private static IReadOnlySet<string>? Look(ReadOnlySpan<byte> content, IReadOnlySet<string> known, BundleProblems problems, string where)
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

        return problems.Count == before ? external : null;
    }
}
