using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Inference.Vectors.Graph.Build;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph.Compact;

/// <summary>The links of the compact layout: a fixed number of places for each node, three bytes each where that is enough.</summary>
/// <remarks>A place without link holds the largest number of its width, which is no node.</remarks>
internal readonly unsafe struct PackedLinks : ILinks
{
    /// <summary>Most links of a node.</summary>
    public const int MaxDegree = 32;

    /// <summary>Rows from which on three bytes are not enough.</summary>
    public const int NarrowRows = (1 << 24) - 1;

    private readonly byte* _start;
    private readonly int _width;
    private readonly uint _none;

    /// <param name="memory">Held by the caller; <see cref="BytesFor"/> bytes.</param>
    /// <param name="count">Nodes.</param>
    /// <param name="degree">Links of a node.</param>
    public PackedLinks(MemoryBlock memory, int count, int degree)
    {
        Capacity = degree;
        _start = (byte*)Unsafe.AsPointer(ref memory.Start<byte>());
        _width = WidthFor(count);
        _none = _width == 3 ? 0x00FF_FFFF : uint.MaxValue;
    }

    public int Capacity { get; }

    private nuint Stride => (nuint)(Capacity * _width);

    /// <summary>Bytes of the lists, and one more so that the last link can be read as four bytes.</summary>
    public static nuint BytesFor(int count, int degree) => (nuint)count * (nuint)(degree * WidthFor(count)) + 1;

    /// <summary>Links of a node for a dimension: short vectors take fewer, so that the whole stays below half of what fp32 vectors with links take.</summary>
    public static int DegreeFor(int dimension) => dimension <= 96 ? 24 : 28;

    /// <summary>Packs the links of a built graph.</summary>
    public static MemoryBlock Pack(GrowingLinks links, int count, int degree)
    {
        var memory = new MemoryBlock(BytesFor(count, degree));
        var packed = new PackedLinks(memory, count, degree);
        memory.Bytes(memory.Length - 1, 1).Clear();
        for (int node = 0; node < count; node++)
            packed.Set(node, links.Of(node));
        return memory;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(int node)
    {
        if (!Sse.IsSupported)
            return;
        byte* list = _start + (nuint)(uint)node * Stride;
        Sse.Prefetch1(list);
        Sse.Prefetch1(list + 64);
        Sse.Prefetch1(list + Stride - 1);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Read(int node, int* neighbours)
    {
        byte* place = _start + (nuint)(uint)node * Stride;
        int count = 0;
        for (; count < Capacity; count++, place += _width)
        {
            uint link = Unsafe.ReadUnaligned<uint>(place) & _none;
            if (link == _none)
                break;
            neighbours[count] = (int)link;
        }
        return count;
    }

    private static int WidthFor(int count) => count < NarrowRows ? 3 : 4;

    /// <summary>Writes the first links of a node, as many as there are places.</summary>
    public void Set(int node, ReadOnlySpan<int> links)
    {
        byte* place = _start + (nuint)(uint)node * Stride;
        for (int i = 0; i < Capacity; i++)
        {
            uint link = i < links.Length ? (uint)links[i] : _none;
            for (int b = 0; b < _width; b++)
                *place++ = (byte)(link >> 8 * b);
        }
    }
}
