using System.Diagnostics;
using System.Globalization;
using Inference.Cli.Frame;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>Makes the indexes that are measured: the one place that knows how each kind is built.</summary>
/// <remarks>
/// The automatic choice depends on the recall that is wanted. It is made for the highest target first, and where a lower one might be served by another kind, for
/// that one again; see <see cref="MadeIndex.ServesLowerTargets"/>.
/// </remarks>
internal sealed record IndexSource
{
    /// <summary>The name of the index whose kind the builder chooses.</summary>
    public const string Auto = "auto";

    private const string Ending = ".index";

    /// <summary>Where saved indexes are loaded from, as NAME.index; null to build them.</summary>
    public string? LoadFolder { get; init; }

    /// <summary>Where built indexes are saved, as NAME.index; null for nowhere. Choices for lower targets are saved as NAME-TARGET.index.</summary>
    public string? SaveFolder { get; init; }

    /// <summary>How saved indexes are loaded.</summary>
    public IndexLoadOptions Loading { get; init; }

    /// <summary>Threads that build.</summary>
    public int BuildThreads { get; init; } = Environment.ProcessorCount;

    /// <summary>Names the chance in building an index.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>The kinds that <see cref="Make"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = [Auto, "fast", "compact", "exact", "flat"];

    /// <summary>What is measured when nothing is named.</summary>
    public static IReadOnlyList<string> Defaults { get; } = [Auto];

    /// <summary>Builds an index over the rows, or loads it.</summary>
    /// <param name="name">One of <see cref="Names"/>.</param>
    /// <param name="set">The rows, and the queries by which an automatic choice is made.</param>
    /// <param name="k">Neighbours that will be asked for.</param>
    /// <param name="target">The recall for which a choice is made; null for the builder's own.</param>
    /// <param name="isFirst">Whether this is the first index of that name.</param>
    /// <param name="cancellationToken">Ends a build early.</param>
    /// <returns>The index, which may share the memory of the rows, and how long that took.</returns>
    /// <exception cref="CommandFailedException">The saved index is over other rows.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public MadeIndex Make(string name, BenchSet set, int k, double? target = null, bool isFirst = true, CancellationToken cancellationToken = default)
    {
        long from = Stopwatch.GetTimestamp();
        if (LoadFolder is not null)
        {
            string own = FileOf(LoadFolder, name, target, isFirst);
            VectorIndex loaded = Load(File.Exists(own) ? own : FileOf(LoadFolder, name, target, isFirst: true), set);
            return new MadeIndex(loaded, null, Stopwatch.GetElapsedTime(from).TotalSeconds);
        }
        VectorIndex index = IndexBuilder.Build(set.Rows, set.Metric, OptionsOf(name, set, k, target), cancellationToken);
        double seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
        try
        {
            if (SaveFolder is not null)
                Save(index, SaveFolder, name, target, isFirst);
        }
        catch
        {
            index.Dispose();
            throw;
        }
        return new MadeIndex(index, seconds, null);
    }

    /// <summary>A kind that was asked for is not tuned: the measurement finds the widths, over all queries.</summary>
    private IndexOptions OptionsOf(string name, BenchSet set, int k, double? target)
    {
        var options = new IndexOptions { Wanted = k, Seed = Seed, Threads = BuildThreads };
        return name == Auto
            ? options with { SampleQueries = set.Sample, TargetRecall = target ?? options.TargetRecall }
            : options with { Kind = Enum.Parse<IndexKind>(name, ignoreCase: true), TargetRecall = 0 };
    }

    private static void Save(VectorIndex index, string folder, string name, double? target, bool isFirst)
    {
        Directory.CreateDirectory(folder);
        if (isFirst && name == Auto)
        {
            foreach (string stale in Directory.GetFiles(folder, $"{name}-*{Ending}"))
                File.Delete(stale);
        }
        index.Save(FileOf(folder, name, target, isFirst));
    }

    private static string FileOf(string folder, string name, double? target, bool isFirst) =>
        Path.Combine(folder, isFirst ? name + Ending : string.Create(CultureInfo.InvariantCulture, $"{name}-{target}{Ending}"));

    private VectorIndex Load(string path, BenchSet set)
    {
        VectorIndex index = VectorIndex.Load(path, Loading);
        if ((index.Count, index.Dimension, index.Metric) == (set.Rows.Count, set.Rows.Dimension, set.Metric))
            return index;
        string found = $"{index.Count} rows of {index.Dimension} dimensions, {BenchInputs.NameOf(index.Metric)}";
        index.Dispose();
        throw new CommandFailedException($"{path} is over {found}; the set has {set.Rows.Count} of {set.Rows.Dimension}, {BenchInputs.NameOf(set.Metric)}.");
    }
}

/// <summary>An index that was built or loaded.</summary>
/// <param name="Index">The index; the receiver disposes it.</param>
/// <param name="BuildSeconds">How long the build took, without saving; null for one that was loaded.</param>
/// <param name="LoadSeconds">How long loading took; null for one that was built.</param>
internal readonly record struct MadeIndex(VectorIndex Index, double? BuildSeconds, double? LoadSeconds)
{
    /// <summary>
    /// Whether the choice for a lower recall would be the same: a graph that wins at one wins at a lower one too, where it does less, and an exact scan that is fast enough is
    /// taken whatever the recall.
    /// </summary>
    public bool ServesLowerTargets => Index.Kind is IndexKind.Fast or IndexKind.Compact || Index.Tuning is not { } tuning || tuning.Latency <= new IndexOptions().FastEnough;
}
