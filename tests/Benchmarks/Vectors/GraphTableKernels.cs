using System.Runtime.CompilerServices;
using Inference.Vectors.Graph.Kernels;

namespace Benchmarks.Vectors;

/// <summary>The kernels of the graphs for the <see cref="KernelTable"/>, over the rows in pieces of 32: as many as a node has neighbours. Optimised at once, because short cases are over before the runtime does so.</summary>
internal static unsafe class GraphTableKernels
{
    private const int Piece = IGraphKernels.Slots;

    /// <summary>Vectors of 16 bits are brought back by it.</summary>
    private const float Scale = 1f / 65536;

    /// <summary>8-bit rows in another order than they lie in.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void DotRows(KernelTable.Data data)
    {
        int* numbers = stackalloc int[Piece];
        for (int row = 0; row < data.Rows; row += Piece)
        {
            for (int i = 0; i < Piece; i++)
                numbers[i] = (int)((uint)(row + i) * 7919L % data.Rows);
            Graph512.DotRows(At<short>(ref data.Words.Start<short>()), At<sbyte>(ref data.Codes.Start<sbyte>()), (nuint)data.Dimension, (nuint)data.Dimension, numbers, Piece, At<int>(ref data.Sums.Start<int>()) + row);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Dot(KernelTable.Data data)
    {
        float* query = At<float>(ref data.Query.Start<float>()), scores = At<float>(ref data.Scores.Start<float>());
        short* vectors = At<short>(ref data.Matrix.Start<short>());
        for (int row = 0; row < data.Rows; row++)
            scores[row] = Graph512.Dot(query, vectors + (nint)row * data.Dimension, (nuint)data.Dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SquaredL2(KernelTable.Data data)
    {
        float* query = At<float>(ref data.Query.Start<float>()), scores = At<float>(ref data.Scores.Start<float>());
        short* vectors = At<short>(ref data.Matrix.Start<short>());
        for (int row = 0; row < data.Rows; row++)
            scores[row] = Graph512.SquaredL2(query, vectors + (nint)row * data.Dimension, Scale, (nuint)data.Dimension);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sums2(KernelTable.Data data)
    {
        byte* codes = At<byte>(ref data.Codes.Start<byte>());
        for (int row = 0; row < data.Rows; row += Piece)
            Graph512.Sums2((sbyte*)At<int>(ref data.CodeQuery(0)), codes + (nint)row * data.Dimension / 4, (nuint)data.Dimension, At<int>(ref data.Sums.Start<int>()) + row);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Sums4(KernelTable.Data data)
    {
        byte* codes = At<byte>(ref data.Codes.Start<byte>());
        for (int row = 0; row < data.Rows; row += Piece)
            Graph512.Sums4((sbyte*)At<int>(ref data.CodeQuery(0)), codes + (nint)row * data.Dimension / 2, (nuint)data.Dimension, At<int>(ref data.Sums.Start<int>()) + row);
    }

    /// <summary>Native memory stays where it is.</summary>
    private static T* At<T>(ref T start)
        where T : unmanaged => (T*)Unsafe.AsPointer(ref start);
}
