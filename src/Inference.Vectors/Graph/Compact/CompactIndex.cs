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
internal sealed unsafe class CompactIndex<TKernels> : GraphIndex
    where TKernels : struct, IGraphKernels
{
    /// <summary>Searches that take turns on a core.</summary>
    public const int Together = 8;

    private const string CodesSection = "codes", FactorsSection = "factors", LinksSection = "links", FineSection = "fine-codes", DegreeParameter = "degree";

    /// <summary>How many rows are scored again for each result where all eligible ones are scored.</summary>
    private const int Rescored = 4;

    /// <summary>Rows that are asked for at once to be scored again.</summary>
    private const int RescoredTogether = 16;

    /// <summary>How many standard deviations of its error an 8-bit distance may be off.</summary>
    private const float Doubt = 5;

    private readonly MemoryBlock _codes, _factors, _links, _fine;
    private readonly nuint _stride;
    private readonly int _degree;
    private readonly ScratchPool<Scratch> _scratch;

    /// <summary>Takes the memory and the entry points over.</summary>
    public CompactIndex(int count, GraphSpace space, EntryLayer entries, RowBits? absent, int degree, MemoryBlock codes, MemoryBlock factors, MemoryBlock links, MemoryBlock fine)
        : base(count, space, entries, absent)
    {
        _degree = degree;
        _codes = codes;
        _factors = factors;
        _links = links;
        _fine = fine;
        _stride = GraphRows.StrideOf(space.Length);
        _scratch = new ScratchPool<Scratch>(() => new Scratch(this));
    }

    /// <inheritdoc/>
    public override IndexKind Kind => IndexKind.Compact;

    /// <inheritdoc/>
    /// <remarks>Of 100,000 vectors a row takes 20 ns at 64 dimensions and 26 ns at 128, a step about 20 times as long.</remarks>
    private protected override int RowsPerStep => 20;

    /// <inheritdoc/>
    public override long Bytes => (long)(_codes.Length + _factors.Length + _links.Length + _fine.Length) + Entries.Bytes;

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
        return new CompactIndex<TKernels>(rows.Count, rows.Space, graph.Entries, absent, degree, rows.CodeMemory, rows.FactorMemory, links, fine) { Tuning = tuning };
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private protected override int SearchOne(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter, int width)
    {
        using Hold hold = TakeHold();
        if (Present == 0)
            return 0;
        Scratch scratch = _scratch.Rent();
        try
        {
            if (Plan(results.Length, filter, width) is not { } plan)
                return Score(scratch, 0, query, filter, results);
            scratch.Start(0, query, plan);
            ref CodeBeam<TKernels, PackedLinks> beam = ref scratch.Beams[0];
            while (beam.Expand())
                beam.Absorb();
            return Finish(scratch, 0, query, plan, results);
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    private protected override void SearchMany(Span<SearchRequest> requests, int width)
    {
        using Hold hold = TakeHold();
        Scratch scratch = _scratch.Rent();
        try
        {
            for (; requests.Length > 1; requests = requests[Math.Min(Together, requests.Length)..])
                SearchTogether(scratch, requests[..Math.Min(Together, requests.Length)], width);
        }
        finally
        {
            _scratch.Return(scratch);
        }
        base.SearchMany(requests, width);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void SearchTogether(Scratch scratch, Span<SearchRequest> requests, int width)
    {
        Span<int> running = stackalloc int[Together];
        int count = 0;
        for (int i = 0; i < requests.Length; i++)
        {
            ref SearchRequest request = ref requests[i];
            request.Found = 0;
            if (request.Results.IsEmpty || Present == 0)
                continue;
            if (Plan(request.Results.Length, request.Filter, width) is { } plan)
            {
                scratch.Plans[i] = plan;
                scratch.Start(i, request.Query.Span, plan);
                running[count++] = i;
            }
            else
            {
                request.Found = Score(scratch, i, request.Query.Span, request.Filter, request.Results.Span);
            }
        }
        ReadOnlySpan<int> started = running[..count];
        Turns.Run<TKernels, PackedLinks>(scratch.Beams, started);
        foreach (int i in started)
            requests[i].Found = Finish(scratch, i, requests[i].Query.Span, scratch.Plans[i], requests[i].Results.Span);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private int Finish(Scratch scratch, int i, ReadOnlySpan<float> query, in SearchPlan plan, Span<Neighbor> results)
    {
        ref CodeBeam<TKernels, PackedLinks> beam = ref scratch.Beams[i];
        if (beam.IsCrowded)
        {
            SearchPlan around = Around(plan);
            scratch.Start(i, query, around);
            while (beam.Expand())
                beam.Absorb();
            return Finish(scratch, i, query, around, results);
        }
        if (beam.IsExhausted)
            return Score(scratch, i, query, plan.Filter, results);
        ref readonly SortedKeys nearest = ref beam.Nearest;
        var best = new SortedKeys(scratch.Searches[i].Results(plan.Wanted));
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
        return IsShort(best.Count, plan) ? Score(scratch, i, query, plan.Filter, results) : Write(best, 0, results);
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

    private void Rescore(Scratch scratch, int i, int node, ref SortedKeys best)
    {
        float distance = FineDistance(scratch, i, node);
        if (distance < best.Limit)
            best.Insert<TKernels>(distance, node);
    }

    /// <summary>The distance of a node by its 12 bits.</summary>
    private float FineDistance(Scratch scratch, int i, int node)
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
    private int Score(Scratch scratch, int i, ReadOnlySpan<float> query, RowFilter filter, Span<Neighbor> results)
    {
        int wanted = Math.Min(results.Length, Present), kept = (int)Math.Min(Present, (long)Rescored * wanted + Rescored);
        scratch.Prepare(i, query);
        var near = new SortedKeys(scratch.Searches[i].Frontier(kept));
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
        var best = new SortedKeys(scratch.Searches[i].Results(wanted));
        best.Reset(wanted);
        for (int j = 0; j < near.Count; j++)
            Rescore(scratch, i, SortedKeys.NodeOf(near[j]), ref best);
        return Write(best, 0, results);
    }

    /// <summary>Distances of some rows, at most 64, as a beam computes them.</summary>
    private void Distances(Scratch scratch, int i, ReadOnlySpan<int> rows, Span<float> distances)
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

    private protected override void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Hold hold = TakeHold();
        foreach (int row in rows)
        {
            if (!HasVector(row))
                throw new ArgumentOutOfRangeException(nameof(rows), row, "The index has no vector under this row number.");
        }
        Scratch scratch = _scratch.Rent();
        try
        {
            scratch.Prepare(0, query);
            for (int i = 0; i < rows.Length; i++)
                scores[i] = 0 - FineDistance(scratch, 0, rows[i]);
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    private protected override void ReadVector(int row, Span<float> vector)
    {
        if (!HasVector(row))
            throw new ArgumentOutOfRangeException(nameof(row), row, "The index has no vector under this row number.");
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

    private protected override void ReleaseMemory()
    {
        base.ReleaseMemory();
        _codes.Release();
        _factors.Release();
        _links.Release();
        _fine.Release();
    }

    private Hold TakeHold()
    {
        // Entry points last: Dispose lets go of them first.
        ObjectDisposedException.ThrowIf(IsDisposed || !_codes.TryHold(), this);
        if (_factors.TryHold())
        {
            if (_links.TryHold())
            {
                if (_fine.TryHold())
                {
                    if (Entries.TryHold())
                        return new Hold(this);
                    _fine.Release();
                }
                _links.Release();
            }
            _factors.Release();
        }
        _codes.Release();
        throw new ObjectDisposedException(GetType().FullName);
    }

    /// <summary>A search's hold on the memory, which Dispose of the index cannot take from under it.</summary>
    private readonly ref struct Hold(CompactIndex<TKernels> index)
    {
        public void Dispose()
        {
            index.Entries.Release();
            index._fine.Release();
            index._links.Release();
            index._factors.Release();
            index._codes.Release();
        }
    }

    /// <summary>What a search, or a group of them, works with.</summary>
    private sealed class Scratch
    {
        private readonly CompactIndex<TKernels> _index;
        private readonly float[] _query;
        private readonly float[] _scales = new float[Together], _shifts = new float[Together], _doubts = new float[Together];

        public Scratch(CompactIndex<TKernels> index)
        {
            _index = index;
            _query = new float[index.Dimension];
            var links = new PackedLinks(index._links, index.Count, index._degree);
            for (int i = 0; i < Together; i++)
            {
                Searches[i] = new SearchScratch();
                Beams[i] = new CodeBeam<TKernels, PackedLinks>(Searches[i], links, index.Codes, index.Factors, index._stride, index.Space.Length, index.Space.SquaredL2);
            }
        }

        public SearchScratch[] Searches { get; } = new SearchScratch[Together];

        public CodeBeam<TKernels, PackedLinks>[] Beams { get; } = new CodeBeam<TKernels, PackedLinks>[Together];

        public SearchPlan[] Plans { get; } = new SearchPlan[Together];

        public float Scale(int i) => _scales[i];

        /// <summary>What the distances of a search lack: |q|² for L2.</summary>
        public float Shift(int i) => _shifts[i];

        /// <summary>How far an 8-bit distance may be off, in scales of its row.</summary>
        public float Doubt(int i) => _doubts[i];

        /// <summary>The query in the space, padded.</summary>
        public float* Turned(int i) => (float*)Searches[i].Query(Bytes);

        /// <summary>The same as 16-bit codes.</summary>
        public short* Query(int i) => (short*)(Turned(i) + _index.Space.Length);

        /// <summary>Room for one row of 16-bit codes.</summary>
        public short* Words => Query(0) + _index.Space.Length;

        private nuint Bytes => _index.Space.Length * (sizeof(float) + 2 * sizeof(short));

        /// <summary>Brings a query into the space and quantises it.</summary>
        public void Prepare(int i, ReadOnlySpan<float> query)
        {
            var turned = new Span<float>(Turned(i), (int)_index.Space.Length);
            turned[query.Length..].Clear();
            new Span<short>(Words + query.Length, turned.Length - query.Length).Clear();
            _index.Space.Turn(query, _query, turned);
            _scales[i] = GraphRows.Quantise(turned, GraphRows.QueryMagnitude(_index.Space.Length), new Span<short>(Query(i), turned.Length));
            float squared = TensorPrimitives.SumOfSquares<float>(turned);
            _shifts[i] = _index.Space.SquaredL2 ? squared : 0;
            // An element is off by up to half a step, evenly: by √(1∕12) of a step in the mean of squares, and the query weighs it.
            _doubts[i] = CompactIndex<TKernels>.Doubt * MathF.Sqrt(squared / 12) * (_index.Space.SquaredL2 ? 2 : 1);
        }

        /// <summary>Begins a search of the graph.</summary>
        public void Start(int i, ReadOnlySpan<float> query, in SearchPlan plan)
        {
            Prepare(i, query);
            short* words = Query(i);
            Span<int> nodes = stackalloc int[EntryLayer.Begin];
            Span<float> distances = stackalloc float[EntryLayer.Begin];
            int count = _index.Entries.Nearest<TKernels>(words, _scales[i], _index.Space.SquaredL2, nodes, distances);
            Beams[i].Start(words, _scales[i], plan);
            Beams[i].Seed(nodes[..count]);
        }
    }
}
