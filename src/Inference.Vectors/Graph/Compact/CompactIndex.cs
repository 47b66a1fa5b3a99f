using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Inference.Vectors.Files;
using Inference.Vectors.Graph.Build;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Live;
using Inference.Vectors.Memory;
using Inference.Vectors.Search;

namespace Inference.Vectors.Graph.Compact;

/// <summary>The graph in its compact layout: 8-bit codes once for each node, 4 more bits beside them, and packed links.</summary>
/// <remarks>
/// The graph is searched by the 8-bit codes (see <see cref="CodeBeam{TKernels, TLinks}"/>). Of what it finds, those that may be among the nearest for all that is known of the
/// error of 8 bits are scored again by 12 bits (see <see cref="FineCodes"/>), whose error is about 0.05 % of the length of a vector at 64 dimensions. That is all there is of a vector: scores are those of the 12 bits.
/// </remarks>
internal sealed unsafe class CompactIndex<TKernels> : SearchableGraph<CompactScratch<TKernels>>
    where TKernels : struct, IGraphKernels
{
    private const string CodesSection = "codes", FactorsSection = "factors", LinksSection = "links", FineSection = "fine-codes", DegreeParameter = "degree";

    /// <summary>How many rows are scored again for each result where all eligible ones are scored.</summary>
    private const int Rescored = 4;

    /// <summary>Rows that are asked for at once to be scored again.</summary>
    private const int RescoredTogether = 16;

    private readonly MemoryBlock _codes, _factors, _links, _fine;
    private readonly nuint _stride;
    private readonly int _degree;

    /// <summary>Takes the memory and the entry points over.</summary>
    public CompactIndex(int count, GraphSpace space, EntryLayer entries, RowBits? absent, int degree, MemoryBlock codes, MemoryBlock factors, MemoryBlock links, MemoryBlock fine)
        : base(count, space, entries, absent, codes, factors, links, fine)
    {
        _degree = degree;
        _codes = codes;
        _factors = factors;
        _links = links;
        _fine = fine;
        _stride = GraphRows.StrideOf(space.Length);
    }

    /// <inheritdoc/>
    public override IndexKind Kind => IndexKind.Compact;

    /// <inheritdoc/>
    /// <remarks>Of 100,000 vectors a row takes 20 ns at 64 dimensions and 26 ns at 128, a step about 20 times as long.</remarks>
    private protected override int RowsPerStep => 20;

    private sbyte* Codes => (sbyte*)Unsafe.AsPointer(ref _codes.Start<sbyte>());

    private FineCodes Fine => new(_fine, Dimension);

    private RowFactor* Factors => (RowFactor*)Unsafe.AsPointer(ref _factors.Start<RowFactor>());

    /// <summary>Takes the codes over and packs the links of a built graph.</summary>
    public static CompactIndex<TKernels> Of(GraphRows rows, BuiltGraph graph, RowBits? absent) =>
        Of(rows, graph, absent, PackedLinks.DegreeFor(rows.Space.Dimension), FineCodes.Of(rows), tuning: null);

    private static CompactIndex<TKernels> Of(GraphRows rows, BuiltGraph graph, RowBits? absent, int degree, MemoryBlock fine, IndexTuning? tuning)
    {
        MemoryBlock links = PackedLinks.Pack(graph.Links, rows.Count, degree);
        bool held = rows.CodeMemory.TryHold() && rows.FactorMemory.TryHold();
        Debug.Assert(held, "The rows are the caller's.");
        return new CompactIndex<TKernels>(rows.Count, rows.Space, graph.HoldEntries(), absent, degree, rows.CodeMemory, rows.FactorMemory, links, fine) { Tuning = tuning };
    }

    /// <summary>The index in a file.</summary>
    /// <exception cref="InvalidDataException">The file does not hold what such an index has.</exception>
    public static CompactIndex<TKernels> Read(IndexFile file)
    {
        var degree = (int)file.Whole(DegreeParameter, 1, PackedLinks.MaxDegree);
        (GraphSpace space, EntryLayer entries, RowBits? absent) = ReadCommon(file);
        var taken = new List<MemoryBlock>();
        try
        {
            taken.Add(file.Section(CodesSection, (long)GraphRows.StrideOf(space.Length) * file.Count));
            taken.Add(file.Section(FactorsSection, (long)sizeof(RowFactor) * file.Count));
            taken.Add(file.Section(LinksSection, (long)PackedLinks.BytesFor(file.Count, degree)));
            taken.Add(file.Section(FineSection, (long)FineCodes.BytesFor(file.Count, file.Dimension)));
            return new CompactIndex<TKernels>(file.Count, space, entries, absent, degree, taken[0], taken[1], taken[2], taken[3]);
        }
        catch
        {
            taken.ForEach(static block => block.Release());
            entries.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    internal override CompactIndex<TKernels> Merged(IndexChanges changes, int threads, CancellationToken cancellationToken)
    {
        using Hold hold = TakeHold();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        var plan = new GraphChanges(this, changes);
        using var rows = new GraphRows(plan.RowCount, plan.SpaceAfter(Space), withWords: false);
        var fine = new MemoryBlock(FineCodes.BytesFor(plan.RowCount, Dimension));
        try
        {
            SetRows(rows, new FineCodes(fine, Dimension), plan, parallel);
            using BuiltGraph graph = new GraphBuilder<TKernels>(rows, new BuildSettings(_degree), parallel).Merge(new PackedLinks(_links, Count, _degree), plan, Entries.Nodes);
            return Of(rows, graph, plan.Absent, _degree, fine, Tuning);
        }
        catch
        {
            fine.Release();
            throw;
        }
    }

    /// <summary>Copies the codes of rows that stay and makes those of the added ones.</summary>
    private void SetRows(GraphRows rows, FineCodes fine, GraphChanges changes, ParallelOptions parallel)
    {
        const int Piece = 4096;
        Parallel.For(0, (rows.Count + Piece - 1) / Piece, parallel, piece =>
        {
            int end = Math.Min(rows.Count, (piece + 1) * Piece);
            for (int row = piece * Piece; row < end; row++)
            {
                if (changes.Keeps(row))
                {
                    rows.CopyCodes(row, Codes + (nuint)(uint)row * _stride, Factors[row]);
                    fine.Copy(row, Fine);
                }
                else
                {
                    rows.Clear(row);
                    fine.Clear(row);
                }
            }
        });
        changes.TurnAdded(rows.Space, parallel, (row, turned) =>
        {
            rows.SetCodes(row, turned);
            // As in a build, so that equal vectors have equal codes whenever they came.
            GraphRows.Round(turned);
            fine.Set(row, turned, rows.Codes + (nuint)(uint)row * rows.CodeStride, rows.Factors[row].Scale);
        });
    }

    private protected override void WriteTo(IndexFileWriter writer)
    {
        using Hold hold = TakeHold();
        base.WriteTo(writer);
        writer.Set(DegreeParameter, _degree);
        writer.Add(CodesSection, _codes);
        writer.Add(FactorsSection, _factors);
        writer.Add(LinksSection, _links);
        writer.Add(FineSection, _fine);
    }

    private protected override CompactScratch<TKernels> CreateScratch() =>
        new(Space, new PackedLinks(_links, Count, _degree), Codes, Factors, _stride);

    private protected override void Prepare(CompactScratch<TKernels> scratch, int place, ReadOnlySpan<float> query) => scratch.Prepare(place, query);

    private protected override void Start(CompactScratch<TKernels> scratch, int place, in SearchPlan plan, bool alone) => scratch.Start(place, plan, Entries);

    private protected override void Run(CompactScratch<TKernels> scratch, ReadOnlySpan<int> places) => Turns.Run<TKernels, PackedLinks>(scratch.Beams, places);

    private protected override bool IsCrowded(CompactScratch<TKernels> scratch, int place) => scratch.Beams[place].IsCrowded;

    private protected override bool IsExhausted(CompactScratch<TKernels> scratch, int place) => scratch.Beams[place].IsExhausted;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private protected override int Collect(CompactScratch<TKernels> scratch, int i, in SearchPlan plan, Span<Neighbor> results)
    {
        ref CodeBeam<TKernels, PackedLinks> beam = ref scratch.Beams[i];
        ref readonly SortedKeys nearest = ref beam.Nearest;
        var best = new SortedKeys(scratch.Search(i).Results(plan.Wanted));
        best.Reset(plan.Wanted);
        Span<int> rows = stackalloc int[RescoredTogether];
        for (int j = 0; j < nearest.Count;)
        {
            // The first ones whatever they are; of the others those that the error of 8 bits may have kept from being among the best.
            int count = 0;
            for (; j < nearest.Count && count < (best.Count < plan.Wanted ? Math.Min(plan.Wanted - best.Count, rows.Length) : rows.Length); j++)
            {
                int node = SortedKeys.NodeOf(nearest[j]);
                if (!beam.IsEligible(node) || SortedKeys.DistanceOf(nearest[j]) - scratch.Doubt(i) * Factors[node].Scale >= best.Limit - scratch.Shift(i))
                    continue;
                PrefetchAll(node);
                rows[count++] = node;
            }
            foreach (int node in rows[..count])
                Rescore(scratch, i, node, ref best);
        }
        return Write(best, 0, results);
    }

    /// <summary>Asks the caches for all 12 bits of a row.</summary>
    private void PrefetchAll(int node)
    {
        Fine.Prefetch(node);
        if (!Sse.IsSupported)
            return;
        for (nuint line = 0; line < _stride; line += 64)
            Sse.Prefetch1(Codes + (nuint)(uint)node * _stride + line);
    }

    private void Rescore(CompactScratch<TKernels> scratch, int i, int node, ref SortedKeys best)
    {
        float distance = FineDistance(scratch, i, node);
        if (distance < best.Limit)
            best.Insert<TKernels>(distance, node);
    }

    /// <summary>The distance of a node by its 12 bits.</summary>
    private float FineDistance(CompactScratch<TKernels> scratch, int i, int node)
    {
        short* words = scratch.Words;
        Fine.Read(node, Codes + (nuint)(uint)node * _stride, words);
        float scale = FineScale(node, words);
        return Space.Bound(Space.SquaredL2
            ? TKernels.SquaredL2(scratch.Turned(i), words, scale, Space.Length)
            : 0 - scale * TKernels.Dot(scratch.Turned(i), words, Space.Length));
    }

    /// <summary>What brings the 12 bits of a row back.</summary>
    /// <remarks>
    /// Vectors of length 1 get exactly that length again. It takes away the part of their error that lies in their own direction, and with it most of what the products with
    /// queries in nearly the same direction are off by.
    /// </remarks>
    private float FineScale(int node, short* words)
    {
        float scale = Factors[node].Scale;
        return Metric != Metric.Cosine || scale == 0 ? scale * FineCodes.Unit : 1 / FineCodes.Norm(words, Space.Length);
    }

    /// <summary>Scores all eligible rows: by 8 bits, and the nearest again.</summary>
    private protected override int Score(CompactScratch<TKernels> scratch, int i, RowFilter filter, Span<Neighbor> results)
    {
        int wanted = Math.Min(results.Length, Present), kept = (int)Math.Min(Present, (long)Rescored * wanted + Rescored);
        var near = new SortedKeys(scratch.Search(i).Frontier(kept));
        near.Reset(kept);
        Span<int> rows = stackalloc int[64];
        Span<float> distances = stackalloc float[64];
        var walk = new EligibleWalk(filter, Absent, Count);
        for (int count = walk.Next(rows); count > 0; count = walk.Next(rows))
        {
            Distances(scratch, i, rows[..count], distances);
            for (int j = 0; j < count; j++)
            {
                if (distances[j] < near.Limit)
                    near.Insert<TKernels>(distances[j], rows[j]);
            }
        }
        var best = new SortedKeys(scratch.Search(i).Results(wanted));
        best.Reset(wanted);
        for (int j = 0; j < near.Count; j++)
            Rescore(scratch, i, SortedKeys.NodeOf(near[j]), ref best);
        return Write(best, 0, results);
    }

    /// <summary>Distances of some rows, at most 64, as a beam computes them.</summary>
    private void Distances(CompactScratch<TKernels> scratch, int i, ReadOnlySpan<int> rows, Span<float> distances)
    {
        sbyte* codes = Codes;
        if (Sse.IsSupported)
        {
            foreach (int row in rows)
            {
                for (nuint line = 0; line < _stride; line += 64)
                    Sse.Prefetch1(codes + (nuint)(uint)row * _stride + line);
            }
        }
        int* dots = stackalloc int[64];
        fixed (int* numbers = rows)
            TKernels.DotRows(scratch.Query(i), codes, _stride, Space.Length, numbers, (nuint)rows.Length, dots);
        float normWeight = Space.SquaredL2 ? 1 : 0, productWeight = (Space.SquaredL2 ? -2 : -1) * scratch.Scale(i);
        for (int j = 0; j < rows.Length; j++)
        {
            RowFactor factor = Factors[rows[j]];
            distances[j] = GraphSpace.Finite(normWeight * factor.SquaredNorm + productWeight * factor.Scale * dots[j]);
        }
    }

    private protected override void Score(CompactScratch<TKernels> scratch, int place, ReadOnlySpan<int> rows, Span<float> scores)
    {
        for (int i = 0; i < rows.Length; i++)
            scores[i] = 0 - FineDistance(scratch, place, rows[i]);
    }

    private protected override void ReadVector(int row, Span<float> vector)
    {
        ThrowIfWithoutVector(row);
        using Hold hold = TakeHold();
        var turned = new float[Space.Length];
        var words = new short[Space.Length];
        float scale;
        fixed (short* place = words)
        {
            Fine.Read(row, Codes + (nuint)(uint)row * _stride, place);
            scale = FineScale(row, place);
        }
        TensorPrimitives.ConvertTruncating<short, float>(words, turned);
        TensorPrimitives.Multiply(turned, scale, turned);
        Space.Restore(turned, vector);
    }
}
