using System.Runtime.CompilerServices;
using Inference.Vectors.Files;
using Inference.Vectors.Kernels.Bytes;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Exact;

/// <summary>The 8-bit codes of a matrix, as the <see cref="ByteKernels"/> read them, with what bounds their error.</summary>
/// <remarks>
/// <para>What is coded is not always the row as it stands: for cosine it is the row at length 1, for L2 the row less the mean of all rows, which makes it shorter and so its
/// error smaller. Call that y. Its code c has 8-bit elements cᵢ = round(yᵢ ∕ s) + 128, with a step s of the row's own: max|yᵢ| ∕ 127.</para>
/// <para>Rows are in the order of the scan: longest first for inner product and L2, as in the matrix for cosine. A stretch is <see cref="StretchRows"/> of them.</para>
/// </remarks>
internal sealed class ScanCodes
{
    /// <summary>Rows between two looks at the threshold.</summary>
    public const int StretchRows = 256;

    /// <summary>Blocks of a whole stretch.</summary>
    public const int StretchBlocks = StretchRows / ByteKernels.BlockRows;

    private ScanCodes(int count, int dimension, Metric metric, IndexFile? file = null)
    {
        Count = count;
        Groups = (dimension + ByteKernels.GroupDimensions - 1) / ByteKernels.GroupDimensions;
        int blocks = (int)(((uint)count + ByteKernels.BlockRows - 1) / ByteKernels.BlockRows);
        Stretches = (blocks + StretchBlocks - 1) / StretchBlocks;
        Blocks = blocks;
        long bytes = checked((long)blocks * Groups * ByteKernels.GroupBytes);
        int places = checked(Stretches * StretchRows);
        int squares = metric == Metric.L2 ? places : 0;
        if (file is null)
        {
            Memory = new MemoryBlock((nuint)bytes);
            Steps = new float[places];
            Squares = new float[squares];
            Norms = new float[Stretches];
            Ratios = new float[Stretches];
            return;
        }
        Steps = file.Array<float>("steps", places);
        Squares = file.Array<float>("squares", squares);
        Norms = file.Array<float>("norms", Stretches);
        Ratios = file.Array<float>("ratios", Stretches);
        Mean = file.Array<double>("mean", dimension);
        if (file.Has("order"))
            Order = file.Array<int>("order", count);
        var named = new ulong[(Order.Length + 63) / 64];
        foreach (int row in Order)
        {
            if ((uint)row >= (uint)count)
                throw file.Invalid($"Section 'order' names row {row}; there are {count}.");
            if ((named[row >> 6] & (1UL << row)) != 0)
                throw file.Invalid($"Section 'order' names row {row} twice.");
            named[row >> 6] |= 1UL << row;
        }
        Memory = file.Section("codes", bytes);
    }

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Groups of four dimensions.</summary>
    public int Groups { get; }

    /// <summary>Blocks of sixteen rows; the last is filled up with rows of zeros.</summary>
    public int Blocks { get; }

    /// <summary>Stretches; the last may have fewer blocks.</summary>
    public int Stretches { get; }

    /// <summary>The blocks.</summary>
    public MemoryBlock Memory { get; }

    /// <summary>The step of each row, in the order of the scan; zeros behind the last row, to a whole stretch.</summary>
    public float[] Steps { get; }

    /// <summary>|y|² of each row, likewise; for L2 only.</summary>
    public float[] Squares { get; }

    /// <summary>For each stretch, the largest |y| of its rows or more; infinite where arithmetic cannot be trusted. Descends where the rows are sorted.</summary>
    public float[] Norms { get; }

    /// <summary>For each stretch, the largest |y − s·c| ∕ s of its rows or more: how far the codes are off, in steps.</summary>
    public float[] Ratios { get; }

    /// <summary>The row of the matrix at each place of the scan; empty where they are the same.</summary>
    public int[] Order { get; private set; } = [];

    /// <summary>What was subtracted from every row; zeros but for L2.</summary>
    public double[] Mean { get; private set; } = [];

    /// <summary>Bytes of all of it.</summary>
    public long Bytes => (long)Memory.Length + 4L * (Steps.Length + Squares.Length + Norms.Length + Ratios.Length + Order.Length) + 8L * Mean.Length;

    /// <summary>The codes in a file.</summary>
    /// <param name="file">Where <see cref="WriteTo"/> put them.</param>
    /// <param name="count">Rows of the matrix.</param>
    /// <exception cref="InvalidDataException">The file does not hold codes of such a matrix.</exception>
    public static ScanCodes Read(IndexFile file, int count) => new(count, file.Dimension, file.Metric, file);

    /// <summary>Adds the sections that <see cref="Read"/> reads.</summary>
    public void WriteTo(IndexFileWriter file)
    {
        file.Add("codes", Memory);
        file.Add<float>("steps", Steps);
        file.Add<float>("squares", Squares);
        file.Add<float>("norms", Norms);
        file.Add<float>("ratios", Ratios);
        file.Add<double>("mean", Mean);
        if (Order.Length > 0)
            file.Add<int>("order", Order);
    }

    /// <summary>Codes a matrix. The caller holds its memory.</summary>
    /// <param name="rows">The vectors.</param>
    /// <param name="metric">What y is.</param>
    /// <param name="inverseNorms">1 ∕ |x| for each row, for cosine.</param>
    /// <param name="parallel">How many threads may work on it, and what ends the work.</param>
    /// <exception cref="OperationCanceledException">It was ended.</exception>
    public static ScanCodes Of(VectorMatrix rows, Metric metric, float[] inverseNorms, ParallelOptions parallel)
    {
        var codes = new ScanCodes(rows.Count, rows.Dimension, metric) { Mean = metric == Metric.L2 ? MeanOf(rows) : new double[rows.Dimension] };
        if (metric != Metric.Cosine)
            codes.Order = LongestFirst(rows, codes.Mean, parallel);
        Parallel.For(
            0,
            codes.Stretches,
            parallel,
            () => new double[rows.Dimension],
            (stretch, _, y) =>
            {
                codes.Encode(stretch, rows, metric, inverseNorms, y);
                return y;
            },
            static _ => { });
        return codes;
    }

    /// <summary>The first byte of a block.</summary>
    public ref byte Block(int block) => ref Unsafe.Add(ref Memory.Start<byte>(), (nuint)(uint)block * (nuint)Groups * ByteKernels.GroupBytes);

    /// <summary>How many blocks a stretch has.</summary>
    public int BlocksOf(int stretch) => Math.Min(StretchBlocks, Blocks - stretch * StretchBlocks);

    /// <summary>The row of the matrix at a place of the scan.</summary>
    public int RowAt(int place) => Order.Length == 0 ? place : Order[place];

    private static double[] MeanOf(VectorMatrix rows)
    {
        var mean = new double[rows.Dimension];
        for (int row = 0; row < rows.Count; row++)
        {
            ReadOnlySpan<float> x = rows.Elements(row);
            for (int i = 0; i < mean.Length; i++)
                mean[i] += x[i];
        }
        foreach (ref double element in mean.AsSpan())
            element /= Math.Max(rows.Count, 1);
        return mean;
    }

    private static int[] LongestFirst(VectorMatrix rows, double[] mean, ParallelOptions parallel)
    {
        var order = new int[rows.Count];
        var keys = new double[rows.Count];
        Parallel.For(0, rows.Count, parallel, row =>
        {
            ReadOnlySpan<float> x = rows.Elements(row);
            double squared = 0;
            for (int i = 0; i < x.Length; i++)
                squared += (x[i] - mean[i]) * (x[i] - mean[i]);
            keys[row] = -squared;
            order[row] = row;
        });
        Array.Sort(keys, order);
        return order;
    }

    private void Encode(int stretch, VectorMatrix rows, Metric metric, float[] inverseNorms, double[] y)
    {
        double norm = 0, ratio = 0;
        int end = (stretch * StretchBlocks + BlocksOf(stretch)) * ByteKernels.BlockRows;
        for (int place = stretch * StretchRows; place < end; place++)
        {
            ref byte start = ref Unsafe.Add(ref Block(place / ByteKernels.BlockRows), place % ByteKernels.BlockRows * ByteKernels.GroupDimensions);
            if (place >= Count)
            {
                RowCode.Write(ref start, Groups, [], 1);
                continue;
            }
            int row = RowAt(place);
            ReadOnlySpan<float> x = rows.Elements(row);
            double inverse = metric == Metric.Cosine ? inverseNorms[row] : 1, largest = 0, squared = 0;
            for (int i = 0; i < y.Length; i++)
            {
                y[i] = (x[i] - Mean[i]) * inverse;
                largest = Math.Max(largest, Math.Abs(y[i]));
                squared += y[i] * y[i];
            }
            float step = RowCode.Step(largest);
            Steps[place] = step;
            ratio = Math.Max(ratio, RowCode.Write(ref start, Groups, y, step));
            norm = Math.Max(norm, RowCode.Norm(metric, squared, inverse));
            if (metric == Metric.L2)
                Squares[place] = (float)squared;
        }
        Norms[stretch] = RowCode.Up(norm);
        Ratios[stretch] = RowCode.Up(ratio);
    }
}
