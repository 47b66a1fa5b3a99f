using System.Diagnostics;
using System.Globalization;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Kernels;
using Inference.Vectors.Kernels.Bytes;
using Inference.Vectors.Memory;

namespace Benchmarks.Vectors;

/// <summary>`kernel-table`: the C# side of load-tests/index/kernels.sh. Same names, same data, same lines as kernels.cpp: name, dimension, rows, nanoseconds per vector and query, checksum.</summary>
internal static class KernelTable
{
    private const int Queries = 4;

    /// <summary>A set that stays in the second-level cache and one that comes from memory, in two dimensions.</summary>
    private static readonly (int Dimension, int Rows)[] Cases = [(64, 256), (128, 256), (64, 400_000), (128, 400_000)];

    /// <summary>The table: add a kernel here and under the same name in kernels.cpp.</summary>
    private static readonly Kernel[] Kernels =
    [
        new("fp32-dot", 1, false, static d => KernelSets.Best.DotRows(ref d.Query.Start<float>(), ref d.Matrix.Start<float>(), (nuint)d.Dimension, (nuint)d.Rows, ref d.Scores.Start<float>())),
        new("fp32-l2", 1, false, static d => KernelSets.Best.SquaredL2Rows(ref d.Query.Start<float>(), ref d.Matrix.Start<float>(), (nuint)d.Dimension, (nuint)d.Rows, ref d.Scores.Start<float>())),
        new("bytes-one", 1, true, static d => ByteKernelSets.Best.One(ref d.Codes.Start<byte>(), d.Groups, d.Blocks, ref d.CodeQuery(0), ref d.Sums.Start<int>())),
        new("bytes-four", Queries, true, static d => ByteKernelSets.Best.Four(
            ref d.Codes.Start<byte>(), d.Groups, d.Blocks, ref d.CodeQuery(0), ref d.CodeQuery(1), ref d.CodeQuery(2), ref d.CodeQuery(3), ref d.Sums.Start<int>(), (nuint)d.Rows)),
        new("graph-dot8", 1, true, GraphTableKernels.DotRows),
        new("graph-dot16", 1, false, GraphTableKernels.Dot),
        new("graph-l2-16", 1, false, GraphTableKernels.SquaredL2),
        new("graph-sums2", 1, true, GraphTableKernels.Sums2),
        new("graph-sums4", 1, true, GraphTableKernels.Sums4),
    ];

    public static int Run()
    {
        foreach ((int dimension, int rows) in Cases)
        {
            var data = new Data(dimension, rows);
            foreach (Kernel kernel in Kernels)
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kernel.Name} {dimension} {rows} {Nanoseconds(kernel, data):F4} {Checksum(kernel, data):x8}"));
        }
        return 0;
    }

    private static double Nanoseconds(Kernel kernel, Data data)
    {
        int calls = Math.Max(1, 400_000 / data.Rows);
        double least = double.MaxValue;
        for (int turn = 0; turn < 25; turn++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < calls; i++)
                kernel.Run(data);
            least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalNanoseconds);
        }
        return least / ((double)calls * data.Rows * kernel.Queries);
    }

    private static uint Checksum(Kernel kernel, Data data)
    {
        uint sum = 0;
        foreach (uint bits in MemoryMarshal.CreateReadOnlySpan(ref (kernel.HasIntegers ? data.Sums : data.Scores).Start<uint>(), data.Rows * kernel.Queries))
            sum = BitOperations.RotateLeft(sum, 1) ^ bits;
        return sum;
    }

    /// <param name="Name">As in kernels.cpp.</param>
    /// <param name="Queries">Results a row.</param>
    /// <param name="HasIntegers">Whether results are in the sums and not in the scores.</param>
    /// <param name="Run">Works on all rows once.</param>
    private sealed record Kernel(string Name, int Queries, bool HasIntegers, Action<Data> Run);

    /// <summary>What the kernels work on, from the generator that kernels.cpp has too.</summary>
    internal sealed class Data
    {
        private uint _state = 1;

        public Data(int dimension, int rows)
        {
            Dimension = dimension;
            Rows = rows;
            Query = Filled(dimension, NextFloat);
            Matrix = Filled((nint)rows * dimension, NextFloat);
            CodeQueries = Filled((nint)Queries * dimension, () => (sbyte)((int)((Next() >> 24) % 127) - 63));
            Codes = Filled((nint)rows * dimension, () => (byte)(Next() >> 24));
            Words = Filled(dimension, () => (short)(Next() >> 16));
            Scores = new MemoryBlock((nuint)rows * sizeof(float));
            Sums = new MemoryBlock((nuint)Queries * (nuint)rows * sizeof(int));
        }

        public int Dimension { get; }

        public int Rows { get; }

        public nuint Groups => (nuint)Dimension / ByteKernels.GroupDimensions;

        public nuint Blocks => (nuint)Rows / ByteKernels.BlockRows;

        public MemoryBlock Query { get; }

        public MemoryBlock Matrix { get; }

        public MemoryBlock CodeQueries { get; }

        public MemoryBlock Codes { get; }

        /// <summary>A query of 16 bits.</summary>
        public MemoryBlock Words { get; }

        public MemoryBlock Scores { get; }

        public MemoryBlock Sums { get; }

        public ref int CodeQuery(int i) => ref Unsafe.Add(ref CodeQueries.Start<int>(), (nuint)i * Groups);

        private static MemoryBlock Filled<T>(nint count, Func<T> next)
            where T : unmanaged
        {
            var block = new MemoryBlock((nuint)count * (nuint)Unsafe.SizeOf<T>());
            for (nint i = 0; i < count; i++)
                Unsafe.Add(ref block.Start<T>(), i) = next();
            return block;
        }

        private uint Next() => _state = unchecked(_state * 1664525 + 1013904223);

        private float NextFloat() => (Next() >> 8) * (1f / 16777216) - 0.5f;
    }
}
