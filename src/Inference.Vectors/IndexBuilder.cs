using Inference.Vectors.Files;
using Inference.Vectors.Graph;
using Inference.Vectors.Graph.Build;
using Inference.Vectors.Graph.Compact;
using Inference.Vectors.Graph.Fast;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Search;
using Inference.Vectors.Tuning;

namespace Inference.Vectors;

/// <summary>Builds an index of a given kind, or of the one that measures best.</summary>
/// <remarks>
/// Without a kind:
/// <list type="number">
/// <item>the exact index is built, which takes little, and timed on the sample; its answers are the truth for what follows;</item>
/// <item>if it is fast enough, it is taken: for inner products of vectors whose lengths differ much it often reads only a few rows;</item>
/// <item>otherwise a graph is built and tuned: the smallest width that reaches the wanted recall on the sample;</item>
/// <item>whichever is faster at that is taken.</item>
/// </list>
/// </remarks>
public static class IndexBuilder
{
    /// <summary>Dimensions up to which a neighbour's code has 4 bits for each.</summary>
    private const int FineDimensions = 96;

    /// <summary>Builds an index over the rows of a matrix.</summary>
    /// <param name="rows">May be disposed afterwards.</param>
    /// <param name="metric">How vectors are compared.</param>
    /// <param name="options">What to build.</param>
    /// <param name="cancellationToken">Ends the build early.</param>
    /// <exception cref="ArgumentException">A sample query has the wrong length or is not finite, or an absent row does not exist.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An option outside its range.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static VectorIndex Build(VectorMatrix rows, Metric metric, IndexOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(rows);
        options ??= new IndexOptions();
        options.Validate();
        cancellationToken.ThrowIfCancellationRequested();
        RowBits? absent = AbsentOf(rows, options);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads, CancellationToken = cancellationToken, TaskScheduler = TaskScheduler.Current };
        switch (options.Kind)
        {
            case IndexKind.Flat:
                return new ExactIndex(rows, metric, inverseNorms: null, absent);
            case IndexKind.Exact:
                return Exact(rows, metric, absent, parallel);
            case { } kind:
                // First, because a bad one is found at once and a graph takes its time.
                TuningSample sample = TuningSample.Of(rows, absent, options);
                VectorIndex graph = Graph(rows, metric, kind, options, absent, parallel);
                return Tuned(graph, () => Exact(rows, metric, absent, parallel), sample, options, cancellationToken);
            default:
                return Choose(rows, metric, options, absent, parallel);
        }
    }

    /// <summary>The graph in a file.</summary>
    internal static VectorIndex ReadGraph(IndexFile file) => GraphKernelSets.Use<FromFile, IndexFile, VectorIndex>(file);

    private static VectorIndex Choose(VectorMatrix rows, Metric metric, IndexOptions options, RowBits? absent, ParallelOptions parallel)
    {
        TuningSample sample = TuningSample.Of(rows, absent, options);
        VectorIndex exact = Exact(rows, metric, absent, parallel);
        try
        {
            Tuner.Measure(exact, sample, options);
            if (exact.Tuning is not { } measured || measured.Latency <= options.FastEnough)
                return exact;
            var fast = new RecordLayout(rows.Dimension, BitsFor(rows, options));
            IndexKind kind = (long)fast.Bytes * rows.Count <= options.MemoryLimit ? IndexKind.Fast : IndexKind.Compact;
            VectorIndex graph = Tuned(Graph(rows, metric, kind, options, absent, parallel), () => exact, sample, options, parallel.CancellationToken);
            bool graphWins = graph.Tuning is { } tuning && tuning.Recall >= options.TargetRecall && tuning.Latency < measured.Latency;
            (graphWins ? exact : graph).Dispose();
            return graphWins ? graph : exact;
        }
        catch
        {
            exact.Dispose();
            throw;
        }
    }

    /// <summary>Tunes a graph where that is wanted and there is something to tune with.</summary>
    private static VectorIndex Tuned(VectorIndex graph, Func<VectorIndex> exact, TuningSample sample, IndexOptions options, CancellationToken cancellationToken)
    {
        if (options.TargetRecall == 0 || sample.Count == 0)
            return graph;
        try
        {
            VectorIndex truth = exact();
            try
            {
                Tuner.Tune(graph, truth, sample, options, cancellationToken);
            }
            finally
            {
                if (truth.Tuning is null)
                    truth.Dispose();
            }
            return graph;
        }
        catch
        {
            graph.Dispose();
            throw;
        }
    }

    private static ScanIndex Exact(VectorMatrix rows, Metric metric, RowBits? absent, ParallelOptions parallel)
    {
        if (absent is null)
            return new ScanIndex(rows, metric, parallel);
        var numbers = new List<int>(rows.Count);
        for (int row = 0; row < rows.Count; row++)
        {
            if (!absent.Contains(row))
                numbers.Add(row);
        }
        using var present = VectorMatrix.Create(numbers.Count, rows.Dimension, (row, vector) => rows.Row(numbers[row]).CopyTo(vector));
        return new ScanIndex(present, metric, numbers.ToArray(), rows.Count, parallel);
    }

    private static VectorIndex Graph(VectorMatrix rows, Metric metric, IndexKind kind, IndexOptions options, RowBits? absent, ParallelOptions parallel)
    {
        var settings = new BuildSettings(kind == IndexKind.Fast ? RecordLayout.MaxDegree : PackedLinks.DegreeFor(rows.Dimension), options.BuildWidth, Seed: options.Seed);
        using GraphRows prepared = GraphRows.Of(rows, GraphSpace.Of(rows, metric, options.Seed), parallel);
        return GraphKernelSets.Use<FromRows, BuildInput, VectorIndex>(new BuildInput(prepared, kind, settings, absent, BitsFor(rows, options), parallel));
    }

    private static int BitsFor(VectorMatrix rows, IndexOptions options) => options.CodeBits != 0 ? options.CodeBits : rows.Dimension <= FineDimensions ? 4 : 2;

    private static RowBits? AbsentOf(VectorMatrix rows, IndexOptions options)
    {
        if (options.AbsentRows.IsEmpty)
            return null;
        var absent = new RowBits(rows.Count);
        foreach (int row in options.AbsentRows.Span)
        {
            if ((uint)row >= (uint)rows.Count)
                throw new ArgumentException($"Row {row} is said to be absent; the matrix has {rows.Count}.", nameof(options));
            absent.Add(row);
        }
        return absent;
    }

    private sealed record BuildInput(GraphRows Rows, IndexKind Kind, BuildSettings Settings, RowBits? Absent, int Bits, ParallelOptions Parallel);

    private readonly struct FromRows : IKernelUse<BuildInput, VectorIndex>
    {
        public static VectorIndex Run<TKernels>(BuildInput input)
            where TKernels : struct, IGraphKernels
        {
            using BuiltGraph graph = new GraphBuilder<TKernels>(input.Rows, input.Settings, input.Parallel).Build(input.Absent);
            return input.Kind == IndexKind.Fast
                ? FastIndex<TKernels>.Of(input.Rows, graph, input.Absent, input.Bits, input.Parallel)
                : CompactIndex<TKernels>.Of(input.Rows, graph, input.Absent);
        }
    }

    private readonly struct FromFile : IKernelUse<IndexFile, VectorIndex>
    {
        public static VectorIndex Run<TKernels>(IndexFile file)
            where TKernels : struct, IGraphKernels =>
            file.Kind == IndexKind.Fast ? FastIndex<TKernels>.Read(file) : CompactIndex<TKernels>.Read(file);
    }
}
