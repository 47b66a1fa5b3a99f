using Inference.Towers;
using Inference.Towers.Bundles;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Towers;

namespace Fuzz.Targets;

/// <summary>The written bundle as a snapshot, loaded when it is first asked for and kept for the life of the process.</summary>
internal static class LoadedWorld
{
    private static readonly Lazy<LoadedBundle> Loaded = new(static () =>
    {
        string folder = Directory.CreateTempSubdirectory("fuzz-world-").FullName;
        try
        {
            WrittenFiles.WriteTo(folder);
            return BundleLoader.LoadAsync(folder, new TowerOptions { MaxBatch = 8 }, null, NullLogger.Instance).GetAwaiter().GetResult();
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    });

    public static LoadedBundle Bundle => Loaded.Value;
}
