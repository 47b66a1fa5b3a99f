using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.ML.OnnxRuntime;

namespace Inference.Towers.Loading;

/// <summary>
/// Names parts of snapshots after everything that determines them: SHA-256 over one line per ingredient. Whatever could change a bit of the part is in it, the program's own way of making
/// it included, so a part of that name is the part; nothing is ever looked up by bundle or version.
/// </summary>
internal static class PartKeys
{
    /// <summary>Raised when this code makes the same ingredients into something else: other encoders, another index, another layout.</summary>
    private const int Revision = 1;

    /// <summary>The name of the embeddings that an item tower gives a catalogue.</summary>
    /// <param name="manifest">How the tower is fed.</param>
    /// <param name="files">Hashes of all files.</param>
    /// <param name="weights">Names of the files that the tower takes weights from.</param>
    /// <param name="tower">The opened tower: on what it runs and in which batches, for sums differ in their last bits with both.</param>
    /// <param name="options">Threads of one operator and settings of providers, with which they differ too.</param>
    public static string OfEmbeddings(CheckedManifest manifest, IReadOnlyDictionary<string, CheckedFile> files, IEnumerable<string> weights, OnnxItemTower tower, TowerOptions options)
    {
        using var key = new Ingredients("item embeddings");
        TowerManifest item = manifest.Item!.Manifest;
        key.Add("tower", files[item.File!].Sha256);
        foreach (string weight in weights.Order(StringComparer.Ordinal))
            key.Add("weights", $"{weight} {files[weight].Sha256}");
        key.Add("inputs", JsonSerializer.Serialize(item, BundleJson.Default.TowerManifest));
        key.Add("items", files[manifest.Manifest.Items!].Sha256);
        key.Add("dimension", manifest.Dimension);
        key.Add("batch", tower.Runner.MaxBatch);
        key.Add("providers", string.Join(',', tower.Runner.Providers));
        key.Add("settings", string.Join(',', options.ProviderOptions));
        key.Add("threads", OnnxEnvironment.ThreadsFor(options.IntraOpThreads));
        key.Add("runtime", OrtEnv.Instance().GetVersionString());
        return key.Name();
    }

    /// <summary>The name of the index over embeddings.</summary>
    /// <param name="embeddings">Their name, or the hash of their file.</param>
    public static string OfIndex(string embeddings, Metric metric, int count, int dimension, ItemIndexOptions options)
    {
        using var key = new Ingredients("index");
        key.Add("embeddings", embeddings);
        key.Add("shape", $"{count} {dimension} {metric}");
        key.Add("kind", $"{options.Kind} {options.TargetRecall.ToString("R", CultureInfo.InvariantCulture)} {options.MemoryLimit} {options.Seed} {count <= options.MaxItemsToBuild}");
        return key.Name();
    }

    private sealed class Ingredients : IDisposable
    {
        private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

        public Ingredients(string part)
        {
            Add("part", part);
            Add("revision", Revision);
            // Sums of products depend on the width of the machine's vectors; a folder may be shared by unlike machines.
            Add("machine", $"{RuntimeInformation.ProcessArchitecture} {(Vector512.IsHardwareAccelerated ? 512 : Vector256.IsHardwareAccelerated ? 256 : 128)}");
        }

        public void Add(string name, int value) => Add(name, value.ToString(CultureInfo.InvariantCulture));

        /// <summary>Adds a line; its length goes before it, so that no two lists of ingredients run together to the same bytes.</summary>
        public void Add(string name, string value) => _hash.AppendData(Encoding.UTF8.GetBytes($"{name} {value.Length} {value}\n"));

        public string Name() => Convert.ToHexStringLower(_hash.GetHashAndReset());

        public void Dispose() => _hash.Dispose();
    }
}
