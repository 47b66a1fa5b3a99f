using Inference.Towers.Bundles;
using UnitTests.Towers;

namespace Fuzz.Targets;

/// <summary>A bundle of a small world with every kind of file, as the product's own writer writes it.</summary>
internal static class WrittenFiles
{
    private static readonly Lazy<Dictionary<string, byte[]>> Files = new(Write);

    /// <summary>The world.</summary>
    public static SmallWorld World { get; } = new(items: 24);

    /// <summary>Content by name, with folders.</summary>
    public static IReadOnlyDictionary<string, byte[]> All => Files.Value;

    /// <summary>Writes all files into a folder.</summary>
    public static void WriteTo(string folder)
    {
        foreach ((string name, byte[] content) in All)
        {
            string path = Path.Combine(folder, name);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllBytes(path, content);
        }
    }

    private static Dictionary<string, byte[]> Write()
    {
        string folder = Directory.CreateTempSubdirectory("fuzz-bundle-").FullName;
        try
        {
            using var fusion = new SmallFusion(World);
            BundleContent content = new SmallRanker(items: World.ItemCount).AddTo(fusion.AddTo(World.Content())) with
            {
                ItemEmbeddings = Enumerable.Range(0, World.ItemCount).SelectMany(World.ItemVector).ToArray(),
            };
            string bundle = Path.Combine(folder, "1");
            BundleWriter.WriteAsync(bundle, content).GetAwaiter().GetResult();
            return Directory.EnumerateFiles(bundle, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
                .ToDictionary(file => Path.GetRelativePath(bundle, file), File.ReadAllBytes, StringComparer.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
