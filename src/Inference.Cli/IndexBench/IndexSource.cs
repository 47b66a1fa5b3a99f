using System.Diagnostics;
using Inference.Cli.Frame;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>Makes the indexes that are measured: the one place that knows how each kind is built.</summary>
/// <param name="LoadFolder">Where saved indexes are loaded from, as NAME.index; null to build them.</param>
/// <param name="SaveFolder">Where built indexes are saved; null for nowhere.</param>
/// <param name="Loading">How saved indexes are loaded.</param>
internal sealed record IndexSource(string? LoadFolder = null, string? SaveFolder = null, IndexLoadOptions Loading = default)
{
    /// <summary>The kinds that <see cref="Make"/> knows.</summary>
    public static IReadOnlyList<string> Names { get; } = ["exact", "flat"];

    /// <summary>What is measured when nothing is named.</summary>
    public static IReadOnlyList<string> Defaults { get; } = ["exact"];

    /// <summary>Builds an index over the rows, or loads it.</summary>
    /// <returns>The index, which may share the memory of the rows, and how long that took.</returns>
    /// <exception cref="CommandFailedException">The saved index is over other rows.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    /// <exception cref="IOException">It cannot be read or written.</exception>
    public MadeIndex Make(string name, BenchSet set)
    {
        long from = Stopwatch.GetTimestamp();
        if (LoadFolder is not null)
            return new MadeIndex(Load(Path.Combine(LoadFolder, name + ".index"), set), null, Stopwatch.GetElapsedTime(from).TotalSeconds);
        VectorIndex index = Build(name, set);
        double seconds = Stopwatch.GetElapsedTime(from).TotalSeconds;
        try
        {
            if (SaveFolder is not null)
                index.Save(Path.Combine(Directory.CreateDirectory(SaveFolder).FullName, name + ".index"));
        }
        catch (NotSupportedException refused)
        {
            index.Dispose();
            throw new CommandFailedException($"'{name}' cannot be saved: {refused.Message}", refused);
        }
        return new MadeIndex(index, seconds, null);
    }

    private static VectorIndex Build(string name, BenchSet set) => name switch
    {
        "exact" => new ScanIndex(set.Rows, set.Metric),
        "flat" => new ExactIndex(set.Rows, set.Metric),
        _ => throw new ArgumentOutOfRangeException(nameof(name), name, "Unknown index."),
    };

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
internal readonly record struct MadeIndex(VectorIndex Index, double? BuildSeconds, double? LoadSeconds);
