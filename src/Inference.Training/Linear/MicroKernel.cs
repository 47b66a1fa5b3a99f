using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Inference.Training.Linear;

/// <summary>
/// The innermost loop of every matrix product: a tile of C in registers, fed by two packed strips (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008).
/// A strip of A holds, step by step of the depth, one number for each row of the tile; a strip of B one for each column.
/// </summary>
internal static class MicroKernel<T>
    where T : unmanaged, IFloatingPointIeee754<T>
{
    /// <summary>Rows of a tile: with 32 wide registers there is room for eight, with 16 for four.</summary>
    public static int Rows => Vector512.IsHardwareAccelerated ? 8 : 4;

    /// <summary>Columns of a tile: two vectors.</summary>
    public static int Columns => Vector512.IsHardwareAccelerated ? 2 * Vector512<T>.Count : 2 * Vector256<T>.Count;

    /// <summary>Adds <paramref name="sign"/> · Σ aᵀb to a tile of C.</summary>
    /// <param name="depth">Steps of the strips.</param>
    /// <param name="a">depth × <see cref="Rows"/>.</param>
    /// <param name="b">depth × <see cref="Columns"/>.</param>
    /// <param name="c">First number of the tile.</param>
    /// <param name="stride">Numbers from one row of C to the next.</param>
    /// <param name="sign">1 or −1.</param>
    public static void Add(int depth, ref T a, ref T b, ref T c, nint stride, T sign)
    {
        if (Vector512.IsHardwareAccelerated)
            AddWide(depth, ref a, ref b, ref c, stride, sign);
        else
            AddNarrow(depth, ref a, ref b, ref c, stride, sign);
    }

    /// <summary>Like <see cref="Add"/> for a tile at the edge, of which only some rows and columns exist.</summary>
    [SkipLocalsInit]
    public static void AddPart(int depth, ref T a, ref T b, ref T c, nint stride, T sign, int rows, int columns)
    {
        Span<T> tile = stackalloc T[Rows * Columns];
        tile.Clear();
        Add(depth, ref a, ref b, ref MemoryMarshal.GetReference(tile), Columns, sign);
        for (int row = 0; row < rows; row++)
        {
            ref T target = ref Unsafe.Add(ref c, row * stride);
            for (int column = 0; column < columns; column++)
                Unsafe.Add(ref target, column) += tile[row * Columns + column];
        }
    }

    private static void AddWide(int depth, ref T a, ref T b, ref T c, nint stride, T sign)
    {
        Vector512<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        Vector512<T> c40 = default, c41 = default, c50 = default, c51 = default, c60 = default, c61 = default, c70 = default, c71 = default;
        for (int step = 0; step < depth; step++)
        {
            Vector512<T> b0 = Vector512.LoadUnsafe(ref b);
            Vector512<T> b1 = Vector512.LoadUnsafe(ref b, (nuint)Vector512<T>.Count);
            Vector512<T> x = Vector512.Create(a);
            c00 = MultiplyAdd(x, b0, c00);
            c01 = MultiplyAdd(x, b1, c01);
            x = Vector512.Create(Unsafe.Add(ref a, 1));
            c10 = MultiplyAdd(x, b0, c10);
            c11 = MultiplyAdd(x, b1, c11);
            x = Vector512.Create(Unsafe.Add(ref a, 2));
            c20 = MultiplyAdd(x, b0, c20);
            c21 = MultiplyAdd(x, b1, c21);
            x = Vector512.Create(Unsafe.Add(ref a, 3));
            c30 = MultiplyAdd(x, b0, c30);
            c31 = MultiplyAdd(x, b1, c31);
            x = Vector512.Create(Unsafe.Add(ref a, 4));
            c40 = MultiplyAdd(x, b0, c40);
            c41 = MultiplyAdd(x, b1, c41);
            x = Vector512.Create(Unsafe.Add(ref a, 5));
            c50 = MultiplyAdd(x, b0, c50);
            c51 = MultiplyAdd(x, b1, c51);
            x = Vector512.Create(Unsafe.Add(ref a, 6));
            c60 = MultiplyAdd(x, b0, c60);
            c61 = MultiplyAdd(x, b1, c61);
            x = Vector512.Create(Unsafe.Add(ref a, 7));
            c70 = MultiplyAdd(x, b0, c70);
            c71 = MultiplyAdd(x, b1, c71);
            a = ref Unsafe.Add(ref a, 8);
            b = ref Unsafe.Add(ref b, 2 * Vector512<T>.Count);
        }

        Vector512<T> factor = Vector512.Create(sign);
        Store(ref c, factor, c00, c01);
        Store(ref Unsafe.Add(ref c, stride), factor, c10, c11);
        Store(ref Unsafe.Add(ref c, 2 * stride), factor, c20, c21);
        Store(ref Unsafe.Add(ref c, 3 * stride), factor, c30, c31);
        Store(ref Unsafe.Add(ref c, 4 * stride), factor, c40, c41);
        Store(ref Unsafe.Add(ref c, 5 * stride), factor, c50, c51);
        Store(ref Unsafe.Add(ref c, 6 * stride), factor, c60, c61);
        Store(ref Unsafe.Add(ref c, 7 * stride), factor, c70, c71);
    }

    private static void AddNarrow(int depth, ref T a, ref T b, ref T c, nint stride, T sign)
    {
        Vector256<T> c00 = default, c01 = default, c10 = default, c11 = default, c20 = default, c21 = default, c30 = default, c31 = default;
        for (int step = 0; step < depth; step++)
        {
            Vector256<T> b0 = Vector256.LoadUnsafe(ref b);
            Vector256<T> b1 = Vector256.LoadUnsafe(ref b, (nuint)Vector256<T>.Count);
            Vector256<T> x = Vector256.Create(a);
            c00 = MultiplyAdd(x, b0, c00);
            c01 = MultiplyAdd(x, b1, c01);
            x = Vector256.Create(Unsafe.Add(ref a, 1));
            c10 = MultiplyAdd(x, b0, c10);
            c11 = MultiplyAdd(x, b1, c11);
            x = Vector256.Create(Unsafe.Add(ref a, 2));
            c20 = MultiplyAdd(x, b0, c20);
            c21 = MultiplyAdd(x, b1, c21);
            x = Vector256.Create(Unsafe.Add(ref a, 3));
            c30 = MultiplyAdd(x, b0, c30);
            c31 = MultiplyAdd(x, b1, c31);
            a = ref Unsafe.Add(ref a, 4);
            b = ref Unsafe.Add(ref b, 2 * Vector256<T>.Count);
        }

        Vector256<T> factor = Vector256.Create(sign);
        Store(ref c, factor, c00, c01);
        Store(ref Unsafe.Add(ref c, stride), factor, c10, c11);
        Store(ref Unsafe.Add(ref c, 2 * stride), factor, c20, c21);
        Store(ref Unsafe.Add(ref c, 3 * stride), factor, c30, c31);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref T row, Vector512<T> factor, Vector512<T> left, Vector512<T> right)
    {
        MultiplyAdd(factor, left, Vector512.LoadUnsafe(ref row)).StoreUnsafe(ref row);
        MultiplyAdd(factor, right, Vector512.LoadUnsafe(ref row, (nuint)Vector512<T>.Count)).StoreUnsafe(ref row, (nuint)Vector512<T>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(ref T row, Vector256<T> factor, Vector256<T> left, Vector256<T> right)
    {
        MultiplyAdd(factor, left, Vector256.LoadUnsafe(ref row)).StoreUnsafe(ref row);
        MultiplyAdd(factor, right, Vector256.LoadUnsafe(ref row, (nuint)Vector256<T>.Count)).StoreUnsafe(ref row, (nuint)Vector256<T>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> MultiplyAdd(Vector512<T> x, Vector512<T> y, Vector512<T> sum) => typeof(T) == typeof(double)
        ? Vector512.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), sum.AsDouble()).As<double, T>()
        : Vector512.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), sum.AsSingle()).As<float, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<T> MultiplyAdd(Vector256<T> x, Vector256<T> y, Vector256<T> sum) => typeof(T) == typeof(double)
        ? Vector256.MultiplyAddEstimate(x.AsDouble(), y.AsDouble(), sum.AsDouble()).As<double, T>()
        : Vector256.MultiplyAddEstimate(x.AsSingle(), y.AsSingle(), sum.AsSingle()).As<float, T>();
}
