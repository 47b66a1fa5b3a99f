using Inference.Recommendations.Features;
using Inference.Towers.Manifests;

namespace Inference.Towers.Bundles;

/// <summary>Reads the items of a bundle.</summary>
internal static class CatalogueReader
{
    /// <summary>Row numbers are ints, and everything per item has to fit into an array.</summary>
    public const int MaxItems = 50_000_000;

    private const int MaxIdLength = 512;

    /// <summary>The catalogue; null, with the reasons reported, when it cannot be read whole.</summary>
    public static Catalogue? Read(CheckedFile file, BundleProblems problems, CancellationToken cancellationToken)
    {
        int before = problems.Count;
        var items = new List<BundleItem>();
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        using (FileStream stream = File.OpenRead(file.Path))
        {
            JsonLines.Read(stream, BundleLines.Json.BundleItem, MaxItems, long.MaxValue, file.Name, problems, Add, cancellationToken);
        }

        if (problems.Count > before)
            return null;
        if (items.Count > 0)
            return Catalogue.Of(items);
        problems.Add(file.Name, "has no item; a bundle needs at least one.");
        return null;

        void Add(int line, BundleItem item)
        {
            string where = $"{file.Name}:{line}";
            foreach (string unknown in item.UnknownFields?.Keys ?? [])
                problems.Add(where, $"unknown field '{unknown}'.");
            if (string.IsNullOrEmpty(item.Id) || item.Id.Length > MaxIdLength)
                problems.Add(where, $"'id' has {item.Id?.Length ?? 0} characters; it can have 1 to {MaxIdLength}.");
            else if (!lines.TryAdd(item.Id, line))
                problems.Add(where, $"the item '{item.Id}' is there already, in line {lines[item.Id]}.");
            items.Add(item with { Features = WithoutEmpty(item.Features), Attributes = WithoutEmpty(item.Attributes), UnknownFields = null });
        }
    }

    /// <summary>Null and empty lists say nothing; leaving them out makes them missing everywhere.</summary>
    public static IReadOnlyDictionary<string, FeatureValue>? WithoutEmpty(IReadOnlyDictionary<string, FeatureValue>? features)
    {
        if (features is null || features.Values.All(value => value.Kind != FeatureKind.None))
            return features;
        return features.Where(pair => pair.Value.Kind != FeatureKind.None).ToDictionary(StringComparer.Ordinal);
    }
}
