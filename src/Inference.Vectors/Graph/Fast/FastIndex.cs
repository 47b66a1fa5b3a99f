using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using Inference.Vectors.Files;
using Inference.Vectors.Graph.Build;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Live;
using Inference.Vectors.Memory;
using Inference.Vectors.Search;

namespace Inference.Vectors.Graph.Fast;

/// <summary>The graph in its fast layout: a step of a search reads one record, see <see cref="RecordLayout"/> and <see cref="FastBeam{TKernels}"/>.</summary>
internal sealed unsafe class FastIndex<TKernels> : GraphIndex
    where TKernels : struct, IGraphKernels
{
    /// <summary>Searches that take turns on a core.</summary>
    public const int Together = 8;

    /// <summary>Records that are written by one thread at a time.</summary>
    private const int Piece = 1024;

    private const string RecordsSection = "records", BitsParameter = "bits";

    private readonly MemoryBlock _records;
    private readonly RecordLayout _layout;
    private readonly ScratchPool<Scratch> _scratch;

    /// <summary>Takes the records and the entry points over.</summary>
    public FastIndex(int count, GraphSpace space, EntryLayer entries, RowBits? absent, RecordLayout layout, MemoryBlock records)
        : base(count, space, entries, absent)
    {
        _layout = layout;
        _records = records;
        _scratch = new ScratchPool<Scratch>(() => new Scratch(space, layout));
    }

    /// <inheritdoc/>
    public override IndexKind Kind => IndexKind.Fast;

    /// <inheritdoc/>
    /// <remarks>Of 100,000 vectors a row takes 14 ns at 64 dimensions and 20 ns at 128, a step about 30 times as long.</remarks>
    private protected override int RowsPerStep => 32;

    /// <inheritdoc/>
    public override long Bytes => (long)_records.Length + Entries.Bytes;

    private byte* Records => (byte*)Unsafe.AsPointer(ref _records.Start<byte>());

    /// <summary>Writes the records of a built graph.</summary>
    public static FastIndex<TKernels> Of(GraphRows rows, BuiltGraph graph, RowBits? absent, int bits, ParallelOptions parallel)
    {
        var layout = new RecordLayout(rows.Space.Dimension, bits);
        var records = new MemoryBlock(layout.Bytes * (nuint)rows.Count);
        try
        {
            var start = (byte*)Unsafe.AsPointer(ref records.Start<byte>());
            Parallel.For(0, (rows.Count + Piece - 1) / Piece, parallel, piece =>
            {
                var encoder = new RecordEncoder(rows, layout);
                int end = Math.Min(rows.Count, (piece + 1) * Piece);
                for (int node = piece * Piece; node < end; node++)
                    encoder.Write(start + (nuint)(uint)node * layout.Bytes, node, graph.Links.Of(node));
            });
            return new FastIndex<TKernels>(rows.Count, rows.Space, graph.Entries, absent, layout, records);
        }
        catch
        {
            records.Release();
            throw;
        }
    }

    /// <summary>The index in a file.</summary>
    /// <exception cref="InvalidDataException">The file does not hold what such an index has.</exception>
    public static FastIndex<TKernels> Read(IndexFile file)
    {
        var bits = (int)file.Whole(BitsParameter, 2, 4);
        if (bits == 3)
            throw file.Invalid("There are no codes of 3 bits.");
        (GraphSpace space, EntryLayer entries, RowBits? absent) = ReadCommon(file);
        try
        {
            var layout = new RecordLayout(file.Dimension, bits);
            return new FastIndex<TKernels>(file.Count, space, entries, absent, layout, file.Section(RecordsSection, checked((long)layout.Bytes * file.Count)));
        }
        catch
        {
            entries.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    internal override FastIndex<TKernels> Merged(IndexChanges changes, int threads, CancellationToken cancellationToken)
    {
        using Hold hold = TakeHold();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = cancellationToken };
        var plan = new GraphChanges(this, changes);
        using GraphRows rows = RowsAfter(plan, parallel);
        using BuiltGraph graph = new GraphBuilder<TKernels>(rows, new BuildSettings(RecordLayout.MaxDegree), parallel).Merge(new RecordLinks(Records, _layout), plan, Entries.Nodes);
        try
        {
            MemoryBlock records = RecordsAfter(plan, rows, graph.Links, parallel);
            return new FastIndex<TKernels>(rows.Count, rows.Space, graph.Entries, plan.Absent, _layout, records) { Tuning = Tuning };
        }
        catch
        {
            graph.Entries.Release();
            throw;
        }
    }

    /// <summary>The vectors of the next index. Those that stay keep the bits that their records hold.</summary>
    private GraphRows RowsAfter(GraphChanges changes, ParallelOptions parallel)
    {
        var rows = new GraphRows(changes.RowCount, changes.SpaceAfter(Space));
        try
        {
            Parallel.For(0, (rows.Count + Piece - 1) / Piece, parallel, piece =>
            {
                var scratch = new float[rows.Length];
                int end = Math.Min(rows.Count, (piece + 1) * Piece);
                for (int row = piece * Piece; row < end; row++)
                {
                    byte* record = Records + (nuint)(uint)row * _layout.Bytes;
                    if (changes.Keeps(row))
                        rows.Set(row, new ReadOnlySpan<short>(record, (int)_layout.Length), ScaleOf(record), scratch);
                    else
                        rows.Clear(row);
                }
            });
            changes.TurnAdded(rows.Space, parallel, (row, turned) => rows.Set(row, turned));
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>The records of the next index: those of nodes that stay are copied, and only neighbours that are new to them are encoded.</summary>
    private MemoryBlock RecordsAfter(GraphChanges changes, GraphRows rows, GrowingLinks links, ParallelOptions parallel)
    {
        var records = new MemoryBlock(_layout.Bytes * (nuint)rows.Count);
        try
        {
            var start = (byte*)Unsafe.AsPointer(ref records.Start<byte>());
            Parallel.For(0, (rows.Count + Piece - 1) / Piece, parallel, piece =>
            {
                var encoder = new RecordEncoder(rows, _layout);
                int end = Math.Min(rows.Count, (piece + 1) * Piece);
                for (int node = piece * Piece; node < end; node++)
                {
                    nuint offset = (nuint)(uint)node * _layout.Bytes;
                    if (changes.Keeps(node))
                    {
                        Unsafe.CopyBlock(start + offset, Records + offset, (uint)_layout.Bytes);
                        encoder.Update(start + offset, node, links.Of(node), changes);
                    }
                    else
                    {
                        encoder.Write(start + offset, node, links.Of(node));
                    }
                }
            });
            return records;
        }
        catch
        {
            records.Release();
            throw;
        }
    }

    private protected override void WriteTo(IndexFileWriter writer)
    {
        using Hold hold = TakeHold();
        base.WriteTo(writer);
        writer.Set(BitsParameter, _layout.Bits);
        writer.Add(RecordsSection, _records);
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
            ReadOnlySpan<float> turned = scratch.Turn(0, query);
            ref FastBeam<TKernels> beam = ref scratch.Beams[0];
            if (Plan(results.Length, filter, width) is not { } plan)
                return Score(ref beam, turned, filter, results);
            beam.Start(Records, turned, plan, Entries, alone: true);
            while (beam.Step(beam.Coming))
            {
            }
            return Finish(ref beam, turned, plan, results);
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
            ReadOnlySpan<float> turned = scratch.Turn(i, request.Query.Span);
            if (Plan(request.Results.Length, request.Filter, width) is { } plan)
            {
                scratch.Plans[i] = plan;
                scratch.Beams[i].Start(Records, turned, plan, Entries, alone: false);
                running[count++] = i;
            }
            else
            {
                request.Found = Score(ref scratch.Beams[i], turned, request.Filter, request.Results.Span);
            }
        }
        FastTurns.Run(scratch.Beams, running[..count]);
        foreach (int i in running[..count])
            requests[i].Found = Finish(ref scratch.Beams[i], scratch.Turned(i), scratch.Plans[i], requests[i].Results.Span);
    }

    private int Finish(ref FastBeam<TKernels> beam, ReadOnlySpan<float> turned, in SearchPlan plan, Span<Neighbor> results)
    {
        if (beam.IsCrowded)
        {
            SearchPlan around = Around(plan);
            beam.Start(Records, turned, around, Entries, alone: true);
            while (beam.Step(beam.Coming))
            {
            }
            return Finish(ref beam, turned, around, results);
        }
        if (beam.IsExhausted || IsShort(beam.Results.Count, plan))
            return Score(ref beam, turned, plan.Filter, results);
        return Write(beam.Results, 0, results);
    }

    /// <summary>Scores all eligible rows.</summary>
    private int Score(ref FastBeam<TKernels> beam, ReadOnlySpan<float> turned, RowFilter filter, Span<Neighbor> results)
    {
        beam.StartScoring(Records, turned, Math.Min(results.Length, Present));
        Span<int> rows = stackalloc int[32];
        var walk = new EligibleWalk(filter, Absent, Count);
        for (int count = walk.Next(rows); count > 0; count = walk.Next(rows))
        {
            foreach (int row in rows[..count])
                beam.PrefetchVector(row);
            foreach (int row in rows[..count])
                beam.Offer(row);
        }
        return Write(beam.Results, 0, results);
    }

    private protected override void ScoreRows(ReadOnlySpan<float> query, ReadOnlySpan<int> rows, Span<float> scores)
    {
        using Hold hold = TakeHold();
        Scratch scratch = _scratch.Rent();
        try
        {
            ref FastBeam<TKernels> beam = ref scratch.Beams[0];
            beam.StartScoring(Records, scratch.Turn(0, query), wanted: 1);
            for (int i = 0; i < rows.Length; i++)
                scores[i] = 0 - beam.DistanceOf(RowWithVector(rows[i]));
        }
        finally
        {
            _scratch.Return(scratch);
        }
    }

    private protected override void ReadVector(int row, Span<float> vector)
    {
        using Hold hold = TakeHold();
        var turned = new float[_layout.Length];
        Decode(RowWithVector(row), turned);
        Space.Restore(turned, vector);
    }

    private protected override void ReleaseMemory()
    {
        base.ReleaseMemory();
        _records.Release();
    }

    /// <summary>The vector of a node in the space.</summary>
    private void Decode(int node, Span<float> turned)
    {
        byte* record = Records + (nuint)(uint)node * _layout.Bytes;
        TensorPrimitives.ConvertTruncating(new ReadOnlySpan<short>(record, turned.Length), turned);
        TensorPrimitives.Multiply(turned, ScaleOf(record), turned);
    }

    /// <summary>What brings the vector of a record back.</summary>
    private float ScaleOf(byte* record) => BitConverter.Int32BitsToSingle(((int*)(record + _layout.Numbers))[IGraphKernels.Slots - 1]);

    private int RowWithVector(int row) =>
        HasVector(row) ? row : throw new ArgumentOutOfRangeException(nameof(row), row, "The index has no vector under this row number.");

    private Hold TakeHold()
    {
        ObjectDisposedException.ThrowIf(IsDisposed || !_records.TryHold(), this);
        if (Entries.TryHold())
            return new Hold(_records, Entries);
        _records.Release();
        throw new ObjectDisposedException(GetType().FullName);
    }

    /// <summary>A search's hold on the memory, which Dispose of the index cannot take from under it.</summary>
    private readonly ref struct Hold(MemoryBlock records, EntryLayer entries)
    {
        public void Dispose()
        {
            entries.Release();
            records.Release();
        }
    }

    /// <summary>What a search, or a group of them, works with.</summary>
    private sealed class Scratch
    {
        private readonly GraphSpace _space;
        private readonly float[] _query;
        private readonly float[][] _turned = new float[Together][];

        public Scratch(GraphSpace space, RecordLayout layout)
        {
            _space = space;
            _query = new float[space.Dimension];
            for (int i = 0; i < Together; i++)
            {
                _turned[i] = new float[space.Dimension];
                Beams[i] = new FastBeam<TKernels>(new SearchScratch(), layout, space);
            }
        }

        public FastBeam<TKernels>[] Beams { get; } = new FastBeam<TKernels>[Together];

        public SearchPlan[] Plans { get; } = new SearchPlan[Together];

        /// <summary>Brings a query into the space.</summary>
        public ReadOnlySpan<float> Turn(int i, ReadOnlySpan<float> query)
        {
            _space.Turn(query, _query, _turned[i]);
            return _turned[i];
        }

        public ReadOnlySpan<float> Turned(int i) => _turned[i];
    }
}
