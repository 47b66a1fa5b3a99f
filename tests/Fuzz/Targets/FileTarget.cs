using Fuzz.Engine;
using Inference.Towers.Bundles;

namespace Fuzz.Targets;

/// <summary>A target whose parser reads files: a folder of its own, which goes with it.</summary>
internal abstract class FileTarget : FuzzTarget
{
    /// <summary>A file system in memory, where there is one: files are written for every case.</summary>
    private const string InMemory = "/dev/shm";

    private readonly Lazy<string> _folder = new(static () => Directory.Exists(InMemory)
        ? Directory.CreateDirectory(Path.Combine(InMemory, $"fuzz-{Guid.NewGuid():N}")).FullName
        : Directory.CreateTempSubdirectory("fuzz-").FullName);

    /// <summary>Files take their time.</summary>
    public override int TestCases => 500;

    /// <summary>The folder.</summary>
    protected string Folder => _folder.Value;

    /// <summary>Path of a file of the folder.</summary>
    protected string PathOf(string name) => Path.Combine(Folder, name);

    /// <summary>Writes a file of the folder.</summary>
    protected string Put(string name, byte[] content)
    {
        string path = PathOf(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    /// <summary>A file as the readers of bundles want it.</summary>
    protected CheckedFile PutChecked(string name, byte[] content) => new(name, Put(name, content), new string('0', 64), (content.Length, default));

    /// <summary>What a reader of a bundle's file that reports problems has to do.</summary>
    /// <returns>Whether it took the file.</returns>
    protected static bool Settle(BundleProblems problems, bool isTaken)
    {
        FuzzException.Unless(isTaken == !problems.Any, "a file is neither taken nor refused");
        try
        {
            problems.ThrowIfAny("bundle");
            return true;
        }
        catch (BundleException e)
        {
            FuzzException.Unless(e.Reasons.Count > 0 && e.Reasons.All(reason => reason.Length is > 0 and < 4_000), "a reason is empty or long");
            return false;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (_folder.IsValueCreated)
            Directory.Delete(_folder.Value, recursive: true);
        base.Dispose(disposing);
    }
}
