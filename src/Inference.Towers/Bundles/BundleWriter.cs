using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Fusion;
using Inference.Towers.Manifests;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>
/// Publishes bundles so that a reader sees a whole one or none.
/// <list type="number">
/// <item>write every file into a hidden folder beside the target</item>
/// <item>hash the files and write the manifest last</item>
/// <item>flush files and folder to the disk</item>
/// <item>rename the folder to its target</item>
/// </list>
/// </summary>
public static class BundleWriter
{
    /// <summary>Whether a text can be the name or version of a bundle: 1 to 64 letters, digits, '.', '_' and '-', of which the first is a letter or digit.</summary>
    public static bool IsIdentifier(string text) => BundleFiles.IsIdentifier(text);

    /// <summary>Writes a bundle.</summary>
    /// <param name="folder">Target, by convention <c>repository/name/version</c>; its parents are made.</param>
    /// <param name="content">What goes in.</param>
    /// <param name="overwrite">Whether an existing target is replaced. A reader that is about to open its files can then fail, so publish a new version instead where there are readers.</param>
    /// <param name="time">Clock for the manifest's creation time; the system's when null.</param>
    /// <param name="cancellationToken">Gives up; nothing stays behind.</param>
    /// <returns>The manifest as written.</returns>
    /// <exception cref="ArgumentException">The content contradicts itself.</exception>
    /// <exception cref="IOException">The target exists and is not to be replaced, or the disk fails.</exception>
    public static async Task<BundleManifest> WriteAsync(
        string folder,
        BundleContent content,
        bool overwrite = false,
        TimeProvider? time = null,
        CancellationToken cancellationToken = default)
    {
        Check(content);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!overwrite && Path.Exists(target))
            throw new IOException($"'{target}' exists already.");
        string parent = Path.GetDirectoryName(target) ?? throw new ArgumentException($"'{folder}' is a root.", nameof(folder));
        Directory.CreateDirectory(parent);
        string draft = Path.Combine(parent, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.draft");
        Directory.CreateDirectory(draft);
        try
        {
            BundleManifest manifest = await WriteFilesAsync(draft, content, time ?? TimeProvider.System, cancellationToken);
            Publish(draft, target, parent, overwrite);
            return manifest;
        }
        catch
        {
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
            throw;
        }
    }

    private static async Task<BundleManifest> WriteFilesAsync(string draft, BundleContent content, TimeProvider time, CancellationToken cancellationToken)
    {
        string PathOf(string file) => Path.Combine(draft, file);

        // :: Step 1 the files
        await WriteTowerAsync(draft, content.UserTower, BundleFiles.UserTower, cancellationToken);
        if (content.ItemTower is not null)
            await WriteTowerAsync(draft, content.ItemTower, BundleFiles.ItemTower, cancellationToken);
        if (content.Ranker is not null)
            await WriteTowerAsync(draft, content.Ranker, BundleFiles.Ranker, cancellationToken);
        await WriteLinesAsync(PathOf(BundleFiles.Items), content.Items, BundleLines.Json.BundleItem, compress: false, cancellationToken);
        if (content.ItemEmbeddings is { } embeddings)
            NpyFile.Write(PathOf(BundleFiles.ItemEmbeddings), embeddings.Span, content.Items.Count, content.Dimension);
        content.Index?.Save(PathOf(BundleFiles.Index));
        if (content.Profiles is not null)
            await WriteReadableAsync(PathOf(BundleFiles.Profiles), ProfilesOf(content.Profiles, content.Items), BundleJson.Default.ProfilesFile, cancellationToken);
        if (content.Popularity is not null)
            NpyFile.Write(PathOf(BundleFiles.Popularity), RatesOf(content.Popularity, content.Items.Count), content.Items.Count, 1);
        if (content.Users.Count > 0)
            await WriteLinesAsync(PathOf(BundleFiles.Users), content.Users, BundleLines.Json.BundleUser, compress: true, cancellationToken);
        if (content.Golden is not null)
            await WriteReadableAsync(PathOf(BundleFiles.Golden), content.Golden, BundleJson.Default.GoldenFile, cancellationToken);

        if (content.Fusion is not null)
            await WriteReadableAsync(PathOf(BundleFiles.Fusion), FusionWriter.Write(draft, content.Fusion, content.Popularity), BundleJson.Default.FusionFile, cancellationToken);

        if (content.TrainingState is not null)
        {
            await using FileStream state = new(PathOf(BundleFiles.TrainingState), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
            content.TrainingState(state);
        }

        // :: Step 2 their hashes, and the manifest
        var files = new SortedDictionary<string, FileManifest>(StringComparer.Ordinal);
        foreach (string path in Directory.EnumerateFiles(draft))
        {
            await using FileStream file = File.OpenRead(path);
            files[Path.GetFileName(path)] = new FileManifest { Bytes = file.Length, Sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)) };
        }

        BundleManifest manifest = ManifestOf(content, files, time.GetUtcNow());
        await WriteReadableAsync(PathOf(BundleManifest.FileName), manifest, BundleJson.Default.BundleManifest, cancellationToken);

        // :: Step 3 onto the disk
        foreach (string path in Directory.EnumerateFiles(draft))
            DurableFiles.Flush(path);
        DurableFiles.FlushFolder(draft);
        return manifest;
    }

    /// <summary>:: Step 4 the draft becomes the target in one rename; an old target steps aside first and comes back if that fails.</summary>
    internal static void Publish(string draft, string target, string parent, bool overwrite)
    {
        if (!overwrite || !Directory.Exists(target))
        {
            Directory.Move(draft, target);
        }
        else
        {
            string old = draft + ".old";
            Directory.Move(target, old);
            try
            {
                Directory.Move(draft, target);
            }
            catch
            {
                Directory.Move(old, target);
                throw;
            }

            Directory.Delete(old, recursive: true);
        }

        DurableFiles.FlushFolder(parent);
    }

    private static void Check(BundleContent content)
    {
        if (!BundleFiles.IsIdentifier(content.Name))
            throw new ArgumentException($"The name '{content.Name}' is not made of 1 to 64 letters, digits, '.', '_' and '-'.", nameof(content));
        if (!BundleFiles.IsIdentifier(content.Version))
            throw new ArgumentException($"The version '{content.Version}' is not made of 1 to 64 letters, digits, '.', '_' and '-'.", nameof(content));
        if (content.Items.Count == 0)
            throw new ArgumentException("A bundle needs at least one item.", nameof(content));
        if (content.ItemTower is null && content.ItemEmbeddings is null)
            throw new ArgumentException("A bundle needs an item tower or item embeddings.", nameof(content));
        if (content.ItemEmbeddings is { } embeddings && embeddings.Length != (long)content.Items.Count * content.Dimension)
            throw new ArgumentException($"{embeddings.Length} numbers are no embeddings of {content.Items.Count} items with {content.Dimension} dimensions.", nameof(content));
        if (content.Index is { } index && (index.Count, index.Dimension, index.Metric) != (content.Items.Count, content.Dimension, content.Metric))
        {
            throw new ArgumentException(
                $"The index is over {index.Count} rows of {index.Dimension} dimensions ({index.Metric}); the bundle has {content.Items.Count} of {content.Dimension} ({content.Metric}).", nameof(content));
        }

        if (content.Popularity is not null && content.Popularity.Ranked.Length != content.Items.Count)
            throw new ArgumentException($"Popularity has {content.Popularity.Ranked.Length} rows for {content.Items.Count} items.", nameof(content));
        if (content.Fusion is not null && FusionWriter.Refuse(content.Fusion, content) is { } reason)
            throw new ArgumentException(reason, nameof(content));
        if (content.ModelCard is { ValueKind: not JsonValueKind.Object })
            throw new ArgumentException("A model card is an object.", nameof(content));
        foreach (string name in content.UserTower.ExternalData.Keys.Concat(content.ItemTower?.ExternalData.Keys ?? []).Concat(content.Ranker?.ExternalData.Keys ?? []))
        {
            if (!BundleFiles.IsSafe(name))
                throw new ArgumentException($"The model keeps weights in '{name}'; such a file must lie beside the model and have a plain name.", nameof(content));
        }
    }

    private static async Task WriteTowerAsync(string draft, TowerContent tower, string file, CancellationToken cancellationToken)
    {
        await File.WriteAllBytesAsync(Path.Combine(draft, file), tower.Model, cancellationToken);
        foreach ((string name, string source) in tower.ExternalData)
            File.Copy(source, Path.Combine(draft, name));
    }

    private static async Task WriteLinesAsync<T>(string path, IReadOnlyList<T> values, JsonTypeInfo<T> json, bool compress, CancellationToken cancellationToken)
    {
        await using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16);
        await using Stream stream = compress ? new GZipStream(file, CompressionLevel.Optimal) : file;
        foreach (T value in values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            await JsonSerializer.SerializeAsync(stream, value, json, cancellationToken);
            stream.WriteByte((byte)'\n');
        }
    }

    internal static Task WriteReadableAsync<T>(string path, T value, JsonTypeInfo<T> json, CancellationToken cancellationToken) =>
        File.WriteAllTextAsync(path, ReadableJson.Format(JsonSerializer.SerializeToElement(value, json)), cancellationToken);

    private static float[] RatesOf(Popularity popularity, int items)
    {
        var rates = new float[items];
        for (int row = 0; row < items; row++)
            rates[row] = popularity.RateOf(row);
        return rates;
    }

    private static ProfilesFile ProfilesOf(ClusterProfiles profiles, IReadOnlyList<BundleItem> items)
    {
        var clusters = new ClusterEntry[profiles.Count];
        for (int c = 0; c < clusters.Length; c++)
        {
            ClusterProfile profile = profiles[c];
            clusters[c] = new ClusterEntry
            {
                Label = profile.Label,
                Users = profile.Users,
                Centroid = profile.Centroid.ToArray(),
                RestScale = profile.RestScale,
                TopItems = Array.ConvertAll(profile.Top.ToArray(), top => items[top.Row].Id),
                TopRates = Array.ConvertAll(profile.Top.ToArray(), top => top.Rate),
            };
        }

        return new ProfilesFile
        {
            Clusters = clusters,
            Context = profiles.Contexts.ToDictionary(
                table => table.Feature,
                table => (IReadOnlyDictionary<string, float[]>)new SortedDictionary<string, float[]>(table.LogLift.ToDictionary(), StringComparer.Ordinal)),
        };
    }

    private static BundleManifest ManifestOf(BundleContent content, SortedDictionary<string, FileManifest> files, DateTimeOffset now) => new()
    {
        FormatVersion = BundleManifest.CurrentFormat,
        Name = content.Name,
        Version = content.Version,
        Description = content.Description,
        Licence = content.Licence,
        Producer = content.Producer,
        Created = new DateTimeOffset(now.Ticks - now.Ticks % TimeSpan.TicksPerSecond, now.Offset),
        EmbeddingSpaceId = content.EmbeddingSpaceId
            ?? EmbeddingSpace.Derive(files[BundleFiles.UserTower].Sha256!, files[content.ItemTower is null ? BundleFiles.ItemEmbeddings : BundleFiles.ItemTower].Sha256!),
        ParentSpaceId = content.ParentSpaceId,
        Dimension = content.Dimension,
        Metric = BundleMetric.NameOf(content.Metric),
        UserTower = content.UserTower.Manifest with { File = BundleFiles.UserTower },
        ItemTower = content.ItemTower is null ? null : content.ItemTower.Manifest with { File = BundleFiles.ItemTower },
        Ranker = content.Ranker is null ? null : content.Ranker.Manifest with { File = BundleFiles.Ranker },
        Items = BundleFiles.Items,
        ItemEmbeddings = files.ContainsKey(BundleFiles.ItemEmbeddings) ? BundleFiles.ItemEmbeddings : null,
        Index = files.ContainsKey(BundleFiles.Index) ? BundleFiles.Index : null,
        Profiles = files.ContainsKey(BundleFiles.Profiles) ? BundleFiles.Profiles : null,
        Popularity = files.ContainsKey(BundleFiles.Popularity) ? BundleFiles.Popularity : null,
        Users = files.ContainsKey(BundleFiles.Users) ? BundleFiles.Users : null,
        Golden = files.ContainsKey(BundleFiles.Golden) ? BundleFiles.Golden : null,
        Fusion = files.ContainsKey(BundleFiles.Fusion) ? BundleFiles.Fusion : null,
        TrainingState = files.ContainsKey(BundleFiles.TrainingState) ? BundleFiles.TrainingState : null,
        ModelCard = content.ModelCard,
        Files = files,
    };
}
