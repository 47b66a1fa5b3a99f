using System.Numerics.Tensors;
using Inference.Towers.Loading;
using Inference.Vectors;

namespace Inference.Towers.Bundles;

/// <summary>Makes the index of a catalogue: from the bundle's file, or built from the item embeddings.</summary>
internal static class ItemIndex
{
    /// <summary>Items whose vectors in the index are held against their embeddings.</summary>
    private const int CheckedItems = 64;

    /// <summary>How alike they have to be, as cosine and as ratio of lengths: codes lose less, and vectors of another training are nowhere near.</summary>
    private const float LeastCosine = 0.98f, MostStretch = 1.05f;

    /// <summary>Builds the index for a bundle that is being made.</summary>
    /// <param name="embeddings">Items × dimension numbers, row by row.</param>
    /// <param name="dimension">Components per embedding.</param>
    /// <param name="metric">How a user's and an item's embedding give a score.</param>
    /// <param name="userEmbeddings">Embeddings of users, for tuning; may be empty.</param>
    /// <param name="options">What to build.</param>
    /// <param name="cancellationToken">Ends the build early.</param>
    /// <returns>A graph; null where the exact scan is the better choice, which needs no file: it is built faster than a file of it is hashed.</returns>
    public static VectorIndex? ForBundle(
        ReadOnlySpan<float> embeddings, int dimension, Metric metric, ReadOnlyMemory<float> userEmbeddings, ItemIndexOptions options, CancellationToken cancellationToken)
    {
        using VectorMatrix rows = VectorMatrix.Create(embeddings, dimension);
        VectorIndex index = IndexBuilder.Build(rows, metric, options.For(rows.Count, mayBuildGraph: true) with { SampleQueries = userEmbeddings }, cancellationToken);
        if (IsGraph(index.Kind))
            return index;
        index.Dispose();
        return null;
    }

    /// <summary>Builds the index of a bundle that brings none, or not the kind that is wanted.</summary>
    public static VectorIndex Build(VectorMatrix rows, Metric metric, ItemIndexOptions options, List<string> warnings, CancellationToken cancellationToken)
    {
        bool mayBuildGraph = rows.Count <= options.MaxItemsToBuild;
        if (!mayBuildGraph && options.Kind == ItemIndexKind.Auto && rows.Count > ItemIndexOptions.FewItems)
            warnings.Add($"there is no 'index' for {rows.Count} items, so each search reads all of them; publish the bundle with one, or raise Inference:Index:MaxItemsToBuild.");
        return IndexBuilder.Build(rows, metric, options.For(rows.Count, mayBuildGraph), cancellationToken);
    }

    /// <summary>Reads the index of a bundle; null, with the reasons reported, when it does not fit, and null without any when another kind is wanted.</summary>
    /// <param name="file">The file.</param>
    /// <param name="isWhole">Whether its hash was checked, so that its own checksums need not be.</param>
    /// <param name="rows">The item embeddings.</param>
    /// <param name="metric">How the catalogue is compared.</param>
    /// <param name="options">Which kind to serve.</param>
    /// <param name="problems">Receives what is wrong.</param>
    /// <param name="warnings">Receives what is worth knowing.</param>
    public static VectorIndex? Read(CheckedFile file, bool isWhole, VectorMatrix rows, Metric metric, ItemIndexOptions options, BundleProblems problems, List<string> warnings)
    {
        VectorIndex index;
        try
        {
            bool hasRoom = IndexMemory.HasRoomFor(new FileInfo(file.Path).Length, IndexMemory.Left);
            index = VectorIndex.Load(file.Path, new IndexLoadOptions(options.Resident && hasRoom, SkipVerification: isWhole));
            if (options.Resident && !hasRoom)
                warnings.Add($"{file.Name}: is mapped and not copied into memory, for it would take more than half of what is left; searches are slower. Give the server more memory, or set Inference:Index:Resident=false.");
        }
        catch (InvalidDataException e)
        {
            problems.Add(file.Name, e.Message);
            return null;
        }

        if (Misfit(index, rows, metric) is { } misfit)
        {
            problems.Add(file.Name, misfit);
        }
        else if (!options.Takes(index.Kind))
        {
            warnings.Add($"{file.Name}: is of kind {index.Kind}, and Inference:Index:Kind is {options.Kind}, so an index is built instead.");
        }
        else
        {
            return index;
        }

        index.Dispose();
        return null;
    }

    /// <summary>Whether an index over so many items may become a graph, which takes minutes where the scan takes moments.</summary>
    public static bool MayBuildGraph(int items, ItemIndexOptions options) => options.Kind switch
    {
        ItemIndexKind.Auto => items > ItemIndexOptions.FewItems && items <= options.MaxItemsToBuild,
        ItemIndexKind.Exact or ItemIndexKind.GpuExact => false,
        _ => true,
    };

    /// <summary>Whether an index that was built is a graph, or one that was found to be no better: the next load need not find that out again.</summary>
    public static bool TookLong(VectorIndex index, ItemIndexOptions options) =>
        IsGraph(index.Kind) || (options.Kind == ItemIndexKind.Auto && index.Tuning?.Latency > new IndexOptions().FastEnough);

    private static bool IsGraph(IndexKind kind) => kind is IndexKind.Fast or IndexKind.Compact;

    /// <summary>What about an index does not fit the item embeddings; null where it does.</summary>
    public static string? Misfit(VectorIndex index, VectorMatrix rows, Metric metric)
    {
        if (!Enum.IsDefined(index.Kind))
            return $"is an index of kind {index.Kind}, which is not served.";
        if (index.Metric != metric)
            return $"compares by {BundleMetric.NameOf(index.Metric)}; the bundle's metric is {BundleMetric.NameOf(metric)}.";
        if (index.Dimension != rows.Dimension)
            return $"has vectors of {index.Dimension} dimensions; the bundle's have {rows.Dimension}.";
        if (index.Count != rows.Count)
            return $"has {index.Count} rows; the catalogue has {rows.Count} items.";
        var vector = new float[rows.Dimension];
        int checks = Math.Min(CheckedItems, rows.Count);
        for (int i = 0; i < checks; i++)
        {
            int row = (int)((long)i * rows.Count / checks);
            ReadOnlySpan<float> expected = rows.Row(row);
            float length = TensorPrimitives.Norm(expected);
            if (length == 0f)
                continue;
            try
            {
                index.CopyVector(row, vector);
            }
            catch (ArgumentOutOfRangeException)
            {
                return $"has no vector for row {row}.";
            }

            float found = TensorPrimitives.Norm(vector);
            bool isAlike = TensorPrimitives.Dot(expected, vector) >= LeastCosine * length * found;
            bool isAsLong = metric == Metric.Cosine || (found <= MostStretch * length && length <= MostStretch * found);
            if (!(isAlike && isAsLong && found > 0f))
                return $"holds another vector for row {row} than the item embeddings: it was made over other ones.";
        }

        return null;
    }
}
