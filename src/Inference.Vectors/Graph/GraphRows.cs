using System.Numerics;
using System.Numerics.Tensors;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph;

/// <summary>What a search multiplies a row's dot product with, and adds to it.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct RowFactor(float Scale, float SquaredNorm);

/// <summary>The vectors of a graph while it is built: brought into its space and quantised to 16 and to 8 bits with a scale for each row.</summary>
/// <remarks>
/// 16 bits stand for the vector itself: their error is 10⁻⁵ of its length, below what fp32 sums lose. 8 bits serve to build the graph and as the codes of the compact layout.
/// </remarks>
internal sealed unsafe class GraphRows : IDisposable
{
    /// <summary>A vector without a larger element is taken for zero: the inverse of its scale would be infinite.</summary>
    private const float Smallest = 1e-30f;

    private readonly MemoryBlock _words, _codes, _factors;
    private readonly float[] _wordScales;

    /// <summary>Room for rows, which are to be set before they are used.</summary>
    /// <param name="count">Rows.</param>
    /// <param name="space">Of the vectors.</param>
    /// <param name="withWords">Whether there are 16-bit vectors; otherwise only <see cref="SetCodes"/> sets rows.</param>
    public GraphRows(int count, GraphSpace space, bool withWords = true)
    {
        Count = count;
        Space = space;
        CodeStride = StrideOf(Length);
        _words = new MemoryBlock(withWords ? (nuint)count * Length * sizeof(short) : 0);
        _codes = new MemoryBlock((nuint)count * CodeStride);
        _factors = new MemoryBlock((nuint)count * (nuint)sizeof(RowFactor));
        _wordScales = new float[withWords ? count : 0];
        Words = (short*)Unsafe.AsPointer(ref _words.Start<short>());
        Codes = (sbyte*)Unsafe.AsPointer(ref _codes.Start<sbyte>());
        Factors = (RowFactor*)Unsafe.AsPointer(ref _factors.Start<RowFactor>());
    }

    public int Count { get; }

    public GraphSpace Space { get; }

    /// <summary>Elements of a padded vector.</summary>
    public nuint Length => Space.Length;

    /// <summary>Bytes from one row of 8-bit codes to the next.</summary>
    public nuint CodeStride { get; }

    public short* Words { get; }

    public sbyte* Codes { get; }

    public RowFactor* Factors { get; }

    public MemoryBlock CodeMemory => _codes;

    public MemoryBlock FactorMemory => _factors;

    public static nuint PaddedLength(int dimension) => ((nuint)dimension + IGraphKernels.Padding - 1) & ~(nuint)(IGraphKernels.Padding - 1);

    /// <summary>Rows of codes begin where a cache line does, unless they are shorter than one.</summary>
    public static nuint StrideOf(nuint length) => length <= 32 ? 32 : (length + 63) & ~(nuint)63;

    /// <summary>The largest 16-bit code of a query whose products with 8-bit rows cannot overflow.</summary>
    public static int QueryMagnitude(nuint length) => Math.Min(short.MaxValue, int.MaxValue / sbyte.MaxValue / (int)length);

    /// <summary>Prepares all rows of a matrix.</summary>
    public static GraphRows Of(VectorMatrix matrix, GraphSpace space, ParallelOptions parallel)
    {
        var rows = new GraphRows(matrix.Count, space);
        try
        {
            const int Piece = 4096;
            Parallel.For(0, (matrix.Count + Piece - 1) / Piece, parallel, piece =>
            {
                var turned = new float[rows.Length];
                var scratch = new float[space.Dimension];
                int end = Math.Min(matrix.Count, (piece + 1) * Piece);
                for (int row = piece * Piece; row < end; row++)
                {
                    space.Turn(matrix.Row(row), scratch, turned);
                    rows.Set(row, turned);
                }
            });
            return rows;
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Quantises to signed integers of the given magnitude; the scale brings them back. Zero vectors have scale 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static float Quantise<T>(ReadOnlySpan<float> vector, int magnitude, Span<T> codes)
        where T : unmanaged, IBinaryInteger<T>
    {
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude(vector));
        if (largest < Smallest)
        {
            codes.Clear();
            return 0;
        }
        float inverse = magnitude / largest;
        for (int i = 0; i < vector.Length; i++)
            codes[i] = T.CreateTruncating((int)MathF.Round(vector[i] * inverse));
        return largest / magnitude;
    }

    /// <summary>Rounds a vector to what 16 bits hold of it: what <see cref="Decode"/> would give.</summary>
    public static void Round(Span<float> vector)
    {
        float largest = Math.Abs(TensorPrimitives.MaxMagnitude<float>(vector));
        float inverse = largest < Smallest ? 0 : short.MaxValue / largest, scale = largest / short.MaxValue;
        foreach (ref float element in vector)
            element = MathF.Round(element * inverse) * scale;
    }

    /// <summary>The scale of a row's 16-bit vector.</summary>
    public float WordScale(int row) => _wordScales[row];

    /// <summary>A row's 16-bit vector.</summary>
    public Span<short> WordsOf(int row) => new(Words + (nuint)(uint)row * Length, (int)Length);

    /// <summary>The vector of a row.</summary>
    public void Decode(int row, Span<float> vector)
    {
        TensorPrimitives.ConvertTruncating<short, float>(WordsOf(row), vector);
        TensorPrimitives.Multiply(vector, _wordScales[row], vector);
    }

    /// <summary>Sets a row.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="turned">Its padded vector in the space.</param>
    public void Set(int row, ReadOnlySpan<float> turned)
    {
        _wordScales[row] = Quantise(turned, short.MaxValue, WordsOf(row));
        SetCodes(row, turned);
    }

    /// <summary>Sets a row from its 16-bit vector.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="words">Padded.</param>
    /// <param name="scale">What brings them back.</param>
    /// <param name="scratch">Room for as many.</param>
    public void Set(int row, ReadOnlySpan<short> words, float scale, Span<float> scratch)
    {
        words.CopyTo(WordsOf(row));
        _wordScales[row] = scale;
        Decode(row, scratch);
        SetCodes(row, scratch);
    }

    /// <summary>Copies the 8 bits of a row from elsewhere.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="codes">As many as <see cref="CodeStride"/>.</param>
    /// <param name="factor">What goes with them.</param>
    public void CopyCodes(int row, sbyte* codes, RowFactor factor)
    {
        Unsafe.CopyBlock(Codes + (nuint)(uint)row * CodeStride, codes, (uint)CodeStride);
        Factors[row] = factor;
    }

    /// <summary>Makes a row the zero vector.</summary>
    public void Clear(int row)
    {
        if (_wordScales.Length > 0)
        {
            WordsOf(row).Clear();
            _wordScales[row] = 0;
        }
        new Span<sbyte>(Codes + (nuint)(uint)row * CodeStride, (int)CodeStride).Clear();
        Factors[row] = default;
    }

    public void Dispose()
    {
        _words.Release();
        _codes.Release();
        _factors.Release();
    }

    /// <summary>Sets the 8 bits of a row.</summary>
    /// <inheritdoc cref="Set(int, ReadOnlySpan{float})" path="/param"/>
    public void SetCodes(int row, ReadOnlySpan<float> turned)
    {
        var codes = new Span<sbyte>(Codes + (nuint)(uint)row * CodeStride, (int)CodeStride);
        codes[turned.Length..].Clear();
        float scale = Quantise(turned, sbyte.MaxValue, codes[..turned.Length]);
        long squared = 0;
        foreach (sbyte code in codes)
            squared += code * code;
        Factors[row] = new RowFactor(scale, Math.Min(scale * scale * squared, float.MaxValue));
    }
}
