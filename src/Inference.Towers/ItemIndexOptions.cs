using System.ComponentModel.DataAnnotations;
using Inference.Vectors;

namespace Inference.Towers;

/// <summary>Which index a catalogue is searched with.</summary>
public enum ItemIndexKind
{
    /// <summary>Measured: the exact scan where it is fast enough, a graph where that is faster.</summary>
    Auto,

    /// <summary>The scan of 8-bit codes, whose answers are exact.</summary>
    Exact,

    /// <summary>The graph whose nodes hold their neighbours' codes.</summary>
    Fast,

    /// <summary>The graph over codes that are stored once, in less than half the memory of the vectors.</summary>
    Compact,

    /// <summary>All scores on a device, in batches, and the best of them; the scan in memory stands by for what the device cannot answer.</summary>
    GpuExact,
}

/// <summary>How the items are indexed.</summary>
public sealed class ItemIndexOptions : IValidatableObject
{
    /// <summary>Catalogues up to this size are scanned unless another kind is named: that takes well under 0.1 ms, and no graph has to be built and kept.</summary>
    public const int FewItems = 20_000;

    /// <summary>
    /// Which index. "Auto" takes the index of the bundle where there is one; otherwise, and where it is of another kind than the one named here, an index is built while the bundle is loaded.
    /// </summary>
    /// <value>Auto, Exact, Fast, Compact or GpuExact; default Auto.</value>
    public ItemIndexKind Kind { get; set; }

    /// <summary>Share of the true best items that a search is to find, where the index is built here. Each bundle's own index keeps the share that it was made for.</summary>
    /// <value>0.5 to 1; default 0.99.</value>
    [Range(0.5, 1.0)]
    public double TargetRecall { get; set; } = 0.99;

    /// <summary>Most bytes that an index built here may take where Kind is "Auto": above it the compact graph stands in for the fast one.</summary>
    /// <value>0 to 1,099,511,627,776 (1 TiB), 0 for no limit; default 0.</value>
    [Range(typeof(long), "0", "1099511627776")]
    public long MemoryLimit { get; set; }

    /// <summary>Threads that build an index. A bundle may be loaded while another one answers, so this is what the load may take from it.</summary>
    /// <value>0 to 1,024, 0 for all processors; default 0.</value>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>Names the chance in building a graph: the same items and seed give the same graph.</summary>
    /// <value>0 to 2,147,483,647; default 1.</value>
    [Range(0, int.MaxValue)]
    public int Seed { get; set; } = 1;

    /// <summary>
    /// Whether an index that is read from a file, the bundle's or one that was kept, is copied into memory of its own, in huge pages where the system gives them: searches of a graph are a fifth faster. Otherwise the file is mapped, which takes no time, and processes
    /// that serve the same bundle share its memory. What would take more than half of the memory that is left is mapped all the same, and a warning says so.
    /// </summary>
    /// <value>true or false; default true.</value>
    public bool Resident { get; set; } = true;

    /// <summary>
    /// Where Kind is "Auto" and the bundle brings no index: most items for which a graph is built while the bundle is loaded. More are served by the exact scan, which is slower and there at once, and a warning says so.
    /// </summary>
    /// <value>0 to 2,147,483,647; default 200,000.</value>
    [Range(0, int.MaxValue)]
    public int MaxItemsToBuild { get; set; } = 200_000;

    /// <summary>
    /// Whether searches that find no free core share passes over the index. It raises the throughput of an exact scan over many items under overload. A search that waits keeps a thread, and neither its deadline nor its
    /// cancellation ends the wait.
    /// </summary>
    /// <value>true or false; default false.</value>
    public bool SharePasses { get; set; }

    /// <summary>
    /// Where Kind is "GpuExact": execution providers of the search, as Inference:Towers:Providers names those of the towers, whose settings and ProviderFallback count here, too. Where a fallback ends at "cpu", the index in memory
    /// answers alone.
    /// </summary>
    /// <value>Names separated by commas, empty for those of the towers; default "".</value>
    public IReadOnlyList<string> DeviceProviders { get; set; } = [];

    /// <summary>
    /// Where Kind is "GpuExact": whether the device keeps items as 16-bit floats, in half the memory. Scores stay those of 32 bits; which items are looked at is decided by 16, so that near the end of a long list one may be missed.
    /// </summary>
    /// <value>true or false; default false.</value>
    public bool DeviceHalf { get; set; }

    /// <summary>Where Kind is "GpuExact": most searches of one run. The device needs room for as many scores as items, for each of them.</summary>
    /// <value>1 to 1,024; default 64.</value>
    [Range(1, 1024)]
    public int DeviceMaxBatch { get; set; } = 64;

    /// <summary>The rules that span options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (string provider in DeviceProviders)
        {
            if (!Runtime.ExecutionProviders.Names.Contains(provider))
                yield return new ValidationResult($"'{provider}' is no provider; it can hold {string.Join(", ", Runtime.ExecutionProviders.Names)}", [nameof(DeviceProviders)]);
        }
    }

    /// <summary>Whether an index of a kind is the wanted one.</summary>
    internal bool Takes(IndexKind kind) => Kind switch
    {
        ItemIndexKind.Auto => true,
        ItemIndexKind.Fast => kind == IndexKind.Fast,
        ItemIndexKind.Compact => kind == IndexKind.Compact,
        _ => kind == IndexKind.Exact,
    };

    /// <summary>How an index over so many items is built.</summary>
    /// <param name="items">Items of the catalogue.</param>
    /// <param name="mayBuildGraph">Whether the automatic choice may take the time that a graph takes.</param>
    internal IndexOptions For(int items, bool mayBuildGraph)
    {
        var options = new IndexOptions { TargetRecall = TargetRecall, Seed = Seed, Threads = Threads > 0 ? Threads : Environment.ProcessorCount, MemoryLimit = MemoryLimit > 0 ? MemoryLimit : long.MaxValue };
        return Kind switch
        {
            ItemIndexKind.Fast => options with { Kind = IndexKind.Fast },
            ItemIndexKind.Compact => options with { Kind = IndexKind.Compact },
            // Not by name: the builder times the exact index only where it may choose.
            ItemIndexKind.Exact or ItemIndexKind.GpuExact => options with { FastEnough = TimeSpan.MaxValue },
            _ => items <= FewItems || !mayBuildGraph ? options with { FastEnough = TimeSpan.MaxValue } : options,
        };
    }
}
