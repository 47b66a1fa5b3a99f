using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph.Compact;

/// <summary>Four more bits for each dimension of an 8-bit code: where in its step the element lay.</summary>
/// <remarks>With code c and the four bits f ∈ 0…15 an element is (32c + 2f − 15)∕32 steps, the middle of a sixteenth of a step.</remarks>
internal readonly unsafe struct FineCodes
{
    /// <summary>Of the integers that <see cref="Read"/> writes, in steps of the 8-bit code.</summary>
    public const float Unit = 1f / 32;

    private readonly byte* _start;
    private readonly int _dimension;

    /// <param name="memory">Held by the caller; <see cref="BytesFor"/> bytes.</param>
    /// <param name="dimension">Of the vectors.</param>
    public FineCodes(MemoryBlock memory, int dimension)
    {
        _start = (byte*)Unsafe.AsPointer(ref memory.Start<byte>());
        _dimension = dimension;
    }

    private nuint Stride => (nuint)((_dimension + 1) / 2);

    public static nuint BytesFor(int count, int dimension) => (nuint)count * (nuint)((dimension + 1) / 2);

    /// <summary>Makes the codes from 16-bit vectors, beside their 8-bit codes.</summary>
    public static MemoryBlock Of(GraphRows rows)
    {
        int dimension = rows.Space.Dimension;
        var memory = new MemoryBlock(BytesFor(rows.Count, dimension));
        var fine = new FineCodes(memory, dimension);
        var vector = new float[rows.Length];
        for (int row = 0; row < rows.Count; row++)
        {
            rows.Decode(row, vector);
            fine.Set(row, vector, rows.Codes + (nuint)(uint)row * rows.CodeStride, rows.Factors[row].Scale);
        }
        return memory;
    }

    /// <summary>Sets the codes of a row.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="vector">Its vector in the space.</param>
    /// <param name="codes">Its 8-bit codes.</param>
    /// <param name="scale">What brings those back.</param>
    public void Set(int row, ReadOnlySpan<float> vector, sbyte* codes, float scale)
    {
        byte* place = _start + (nuint)(uint)row * Stride;
        new Span<byte>(place, (int)Stride).Clear();
        if (scale == 0)
            return;
        for (int i = 0; i < _dimension; i++)
        {
            int sixteenth = Math.Clamp((int)MathF.Floor((vector[i] / scale - codes[i] + 0.5f) * 16), 0, 15);
            place[i / 2] |= (byte)(sixteenth << i % 2 * 4);
        }
    }

    /// <summary>Copies the codes of a row from another index of the same dimension.</summary>
    public void Copy(int row, FineCodes from) => Unsafe.CopyBlock(_start + (nuint)(uint)row * Stride, from._start + (nuint)(uint)row * Stride, (uint)Stride);

    /// <summary>Makes the codes of a row zero.</summary>
    public void Clear(int row) => new Span<byte>(_start + (nuint)(uint)row * Stride, (int)Stride).Clear();

    /// <summary>Asks the caches for the codes of a row.</summary>
    public void Prefetch(int row)
    {
        if (!Sse.IsSupported)
            return;
        byte* place = _start + (nuint)(uint)row * Stride;
        Sse.Prefetch1(place);
        Sse.Prefetch1(place + Stride - 1);
    }

    /// <summary>Puts both parts of a row together.</summary>
    /// <param name="row">Its number.</param>
    /// <param name="codes">Its 8-bit codes.</param>
    /// <param name="words">Receives the dimension's number of integers; those behind are left alone.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Read(int row, sbyte* codes, short* words)
    {
        byte* place = _start + (nuint)(uint)row * Stride;
        int i = 0;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 16 <= _dimension; i += 16)
            {
                Vector128<ushort> pairs = Vector128.WidenLower(Vector128.CreateScalarUnsafe(Unsafe.ReadUnaligned<ulong>(place + i / 2)).AsByte());
                Vector128<byte> four = ((pairs | pairs << 4) & Vector128.Create((ushort)0x0F0F)).AsByte();
                Vector128<sbyte> eight = Vector128.Load(codes + i);
                ((Vector128.WidenLower(eight) << 5) + (Vector128.WidenLower(four).AsInt16() << 1) - Vector128.Create((short)15)).Store(words + i);
                ((Vector128.WidenUpper(eight) << 5) + (Vector128.WidenUpper(four).AsInt16() << 1) - Vector128.Create((short)15)).Store(words + i + 8);
            }
        }
        for (; i + 1 < _dimension; i += 2)
        {
            int pair = place[i / 2];
            words[i] = (short)(32 * codes[i] + 2 * (pair & 15) - 15);
            words[i + 1] = (short)(32 * codes[i + 1] + 2 * (pair >> 4) - 15);
        }
        if (_dimension % 2 != 0)
            words[_dimension - 1] = (short)(32 * codes[_dimension - 1] + 2 * (place[_dimension / 2] & 15) - 15);
    }

    /// <summary>The length of a vector of such integers, of which there is a multiple of 8.</summary>
    public static float Norm(short* words, nuint length)
    {
        Vector128<float> even = Vector128<float>.Zero, odd = even;
        for (nuint i = 0; i < length; i += 8)
        {
            Vector128<short> eight = Vector128.Load(words + i);
            Vector128<float> low = Vector128.ConvertToSingle(Vector128.WidenLower(eight)), high = Vector128.ConvertToSingle(Vector128.WidenUpper(eight));
            even += low * low;
            odd += high * high;
        }
        return MathF.Sqrt(Vector128.Sum(even + odd));
    }
}
