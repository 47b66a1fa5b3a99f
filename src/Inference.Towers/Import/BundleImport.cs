using System.Text.Json;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;

namespace Inference.Towers.Import;

/// <summary>
/// Turns an exporter's folder into the content of a bundle, by a description of what is in it.
/// <list type="number">
/// <item>items: the towers' table says which, in which order, with which input; the data folder adds titles and natural features</item>
/// <item>check: where both are there, the natural features must encode to exactly what the exporter computed</item>
/// <item>users: their features, and the histories that the towers were trained on</item>
/// <item>golden cases: rows become ids, input values become features that encode to them</item>
/// </list>
/// Profiles and popularity are learned from the content afterwards; see <see cref="OpenedTowers"/>.
/// </summary>
public static class BundleImport
{
    private const int MaxDescriptionBytes = 4 << 20;

    /// <summary>Names of the descriptions that come with this program.</summary>
    public static IReadOnlyList<string> Known { get; } = ["online-retail"];

    /// <summary>Reads the folders.</summary>
    /// <exception cref="InvalidDataException">A file is not as the description says; the message names file and line.</exception>
    /// <exception cref="BundleException">The description itself is wrong.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static async Task<BundleContent> ReadAsync(BundleImportOptions options, CancellationToken cancellationToken = default)
    {
        ImportDescription description = ReadDescription(options.Description);
        if (!BundleMetric.TryParse(description.Metric, out Vectors.Metric metric))
            throw new InvalidDataException($"{options.Description}: 'metric' is '{description.Metric}'; it can be 'ip', 'cosine' or 'l2'.");
        var problems = new BundleProblems();
        ManifestCheck.CheckTower(description.UserTower, TowerKind.User, problems);
        ManifestCheck.CheckTower(description.ItemTower, TowerKind.Item, problems);
        if (description.Ranker is not null)
            ManifestCheck.CheckTower(description.Ranker, TowerKind.Ranker, problems);
        problems.ThrowIfAny(options.Description);

        var items = ItemImport.Read(description, options);
        return new BundleContent
        {
            Name = description.Name,
            Version = options.Version,
            Description = description.Description,
            Licence = description.Licence,
            Producer = description.Producer,
            Dimension = description.Dimension,
            Metric = metric,
            UserTower = await ReadTowerAsync(options.Towers, description.UserTower, cancellationToken),
            ItemTower = await ReadTowerAsync(options.Towers, description.ItemTower, cancellationToken),
            Ranker = description.Ranker is null ? null : await ReadTowerAsync(options.Towers, description.Ranker, cancellationToken),
            Items = items.Items,
            Users = description.Users is null || options.Data is null ? [] : UserImport.Read(description.Users, options.Data),
            Golden = GoldenImport.ReadRanker(description, options.Towers, description.Golden is null ? null : GoldenImport.Read(description, options.Towers, items)),
        };
    }

    private static ImportDescription ReadDescription(string nameOrPath)
    {
        try
        {
            if (!Known.Contains(nameOrPath))
                return JsonFile.Read(nameOrPath, MaxDescriptionBytes, ImportJson.Default.ImportDescription);
            using Stream stream = typeof(BundleImport).Assembly.GetManifestResourceStream($"{nameOrPath}.json")
                ?? throw new InvalidOperationException($"The description '{nameOrPath}' was not built into the program.");
            return JsonSerializer.Deserialize(stream, ImportJson.Default.ImportDescription)!;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{nameOrPath}: {JsonFile.Explain(e)}", e);
        }
    }

    private static async Task<TowerContent> ReadTowerAsync(string folder, TowerManifest manifest, CancellationToken cancellationToken)
    {
        string path = Path.Combine(folder, manifest.File ?? throw new InvalidDataException("The description names no file for a tower."));
        byte[] model = await File.ReadAllBytesAsync(path, cancellationToken);
        return new TowerContent { Model = model, Manifest = manifest, ExternalData = Runtime.ModelFile.ExternalFilesOf(model, path) };
    }
}
