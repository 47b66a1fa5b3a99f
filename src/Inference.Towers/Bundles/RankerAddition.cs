using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.Bundles;

/// <summary>
/// A ranking model that is put into a bundle that is there: everything else of it stays byte for byte, its embedding space with it.
/// <list type="number">
/// <item>copy the files into a hidden folder beside the target, without an earlier ranking model</item>
/// <item>add the model and its golden cases, hash what is new, write the manifest</item>
/// <item>load it as a server would</item>
/// <item>rename</item>
/// </list>
/// </summary>
/// <param name="Ranker">The model.</param>
/// <param name="Golden">What it answers.</param>
/// <param name="Card">Goes into the bundle's card as "ranker".</param>
public sealed record RankerAddition(TowerContent Ranker, IReadOnlyList<RankerCase> Golden, JsonObject Card)
{
    private const long MaxGoldenBytes = 256 << 20;

    /// <summary>Writes the bundle.</summary>
    /// <param name="source">Folder of the bundle that is there.</param>
    /// <param name="folder">Target.</param>
    /// <param name="name">Name of the new bundle.</param>
    /// <param name="version">Its version.</param>
    /// <exception cref="BundleException">The bundle is refused, before or after.</exception>
    /// <exception cref="IOException">The target exists and is not to be replaced, or the disk fails.</exception>
    public async Task WriteAsync(string source, string folder, string name, string version, bool overwrite, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        BundleManifest manifest = BundleLoader.ReadManifest(source);
        string target = Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder));
        if (!overwrite && Path.Exists(target))
            throw new IOException($"'{target}' exists already.");
        string parent = Path.GetDirectoryName(target) ?? throw new ArgumentException($"'{folder}' is a root.", nameof(folder));
        string draft = Path.Combine(parent, $".{Path.GetFileName(target)}.{Guid.NewGuid():N}.draft");
        Directory.CreateDirectory(draft);
        try
        {
            await WriteFilesAsync(source, draft, manifest, name, version, time, cancellationToken);
            using ((await BundleLoader.LoadAsync(draft, new TowerOptions(), null, logger, time, cancellationToken: cancellationToken)).Snapshot)
            {
            }

            BundleWriter.Publish(draft, target, parent, overwrite);
        }
        catch
        {
            if (Directory.Exists(draft))
                Directory.Delete(draft, recursive: true);
            throw;
        }
    }

    private async Task WriteFilesAsync(string source, string draft, BundleManifest manifest, string name, string version, TimeProvider time, CancellationToken cancellationToken)
    {
        // :: Step 1 what stays
        foreach (string file in FileCheck.NamesOf(manifest))
        {
            if (file != manifest.Ranker?.File && file != manifest.Golden)
                File.Copy(Path.Combine(source, file), Path.Combine(draft, file));
        }

        // :: Step 2 what is new
        string model = Path.Combine(draft, BundleFiles.Ranker), goldenFile = manifest.Golden ?? BundleFiles.Golden;
        if (File.Exists(model))
            throw new IOException($"'{source}' has a file '{BundleFiles.Ranker}' that is no ranking model.");
        await File.WriteAllBytesAsync(model, Ranker.Model, cancellationToken);
        GoldenFile golden = manifest.Golden is null ? new GoldenFile() : JsonFile.Read(Path.Combine(source, manifest.Golden), MaxGoldenBytes, BundleJson.Default.GoldenFile);
        await BundleWriter.WriteReadableAsync(Path.Combine(draft, goldenFile), golden with { Ranker = Golden }, BundleJson.Default.GoldenFile, cancellationToken);
        var files = new SortedDictionary<string, FileManifest>(StringComparer.Ordinal);
        foreach ((string file, FileManifest known) in manifest.Files ?? new Dictionary<string, FileManifest>())
        {
            if (file != manifest.Ranker?.File)
                files[file] = known;
        }

        foreach (string file in (string[])[BundleFiles.Ranker, goldenFile])
            files[file] = await HashAsync(Path.Combine(draft, file), cancellationToken);
        JsonObject card = manifest.ModelCard is { ValueKind: JsonValueKind.Object } earlier ? JsonObject.Create(earlier)! : [];
        card["ranker"] = Card.DeepClone();
        DateTimeOffset now = time.GetUtcNow();
        BundleManifest changed = manifest with
        {
            Name = name,
            Version = version,
            Created = new DateTimeOffset(now.Ticks - (now.Ticks % TimeSpan.TicksPerSecond), now.Offset),
            Ranker = Ranker.Manifest with { File = BundleFiles.Ranker },
            Golden = goldenFile,
            ModelCard = JsonSerializer.SerializeToElement(card),
            Files = files,
        };
        await BundleWriter.WriteReadableAsync(Path.Combine(draft, BundleManifest.FileName), changed, BundleJson.Default.BundleManifest, cancellationToken);
        foreach (string path in Directory.EnumerateFiles(draft))
            DurableFiles.Flush(path);
        DurableFiles.FlushFolder(draft);
    }

    private static async Task<FileManifest> HashAsync(string path, CancellationToken cancellationToken)
    {
        await using FileStream file = File.OpenRead(path);
        return new FileManifest { Bytes = file.Length, Sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken)) };
    }
}
