using Inference.Vectors;
using Inference.Vectors.Graph;
using Inference.Vectors.Graph.Build;
using Inference.Vectors.Graph.Fast;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Live;
using Xunit;

namespace UnitTests.Vectors.Graph.Fast;

public sealed unsafe class RecordUpdateTests
{
    private const int Rows = 80, Dimension = 40;

    [Theory]
    [InlineData(2, Metric.L2)]
    [InlineData(4, Metric.L2)]
    [InlineData(2, Metric.InnerProduct)]
    [InlineData(4, Metric.InnerProduct)]
    public void Update_OfACopy_HoldsWhatARecordWrittenAnewHolds(int bits, Metric metric)
    {
        using VectorMatrix matrix = SeededVectors.Matrix(Rows, Dimension, seed: bits);
        GraphSpace space = GraphSpace.Of(matrix, metric, seed: 1);
        using GraphRows rows = GraphRows.Of(matrix, space, new ParallelOptions());
        using var current = new ExactIndex(matrix, metric);
        var layout = new RecordLayout(Dimension, bits);
        int node = 7;
        int[] before = [.. Enumerable.Range(10, 31)];
        float[] replaced = SeededVectors.Uniform(Dimension, seed: 5);
        var changes = new GraphChanges(current, new IndexChanges(Rows, [12, 20, 33], [20, 33], _ => replaced));
        int* links = stackalloc int[IGraphKernels.Slots];
        // All stay; some go; one is replaced and comes back; more than before; none.
        int[][] afters = [[10, 11, 13, 14], [.. before.Where(static n => n is not (12 or 20 or 33))], [.. Enumerable.Range(20, 21), 50, 51, 52], [70, 33], []];
        foreach (int[] after in afters)
        {
            byte[] updated = GC.AllocateArray<byte>((int)layout.Bytes, pinned: true), written = GC.AllocateArray<byte>((int)layout.Bytes, pinned: true);
            fixed (byte* copy = updated, fresh = written)
            {
                new RecordEncoder(rows, layout).Write(copy, node, before);
                changes.TurnAdded(space, new ParallelOptions(), (row, turned) => rows.Set(row, turned));
                new RecordEncoder(rows, layout).Update(copy, node, after, changes);
                new RecordEncoder(rows, layout).Write(fresh, node, after);
                Assert.Equal(SlotsOf(fresh, layout), SlotsOf(copy, layout));
                Assert.Equal(new ReadOnlySpan<byte>(fresh, (int)layout.Codes), new ReadOnlySpan<byte>(copy, (int)layout.Codes));
                int count = new RecordLinks(copy, layout).Read(0, links);
                Assert.Equal(after.Order(), new ReadOnlySpan<int>(links, count).ToArray().Order());
            }
            GraphRows original = GraphRows.Of(matrix, space, new ParallelOptions());
            foreach (int row in (int[])[20, 33])
                rows.Set(row, original.WordsOf(row), original.WordScale(row), new float[rows.Length]);
            original.Dispose();
        }
    }

    /// <summary>What a record says of each slot, whichever slot it is.</summary>
    private static List<string> SlotsOf(byte* record, RecordLayout layout)
    {
        var slots = new List<string>();
        var factors = (ushort*)(record + layout.Factors);
        for (int slot = 0; slot < RecordLayout.MaxDegree; slot++)
        {
            var codes = new List<byte>();
            for (nuint at = layout.Codes + (nuint)(slot / 16 * 64 + slot % 16 * 4); at < layout.Factors; at += 128)
                codes.AddRange(new ReadOnlySpan<byte>(record + at, 4));
            slots.Add($"{((int*)(record + layout.Numbers))[slot]} {factors[slot]} {factors[slot + IGraphKernels.Slots]} {Convert.ToHexString([.. codes])}");
        }
        slots.Sort(StringComparer.Ordinal);
        return slots;
    }
}
