using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph.Build;

/// <summary>The links of a graph while it is built: a list of fixed room for each node, its length in front.</summary>
internal readonly unsafe struct GrowingLinks : ILinks
{
    private readonly int* _start;
    private readonly nuint _stride;

    /// <param name="memory">Held by the caller; <see cref="BytesFor"/> bytes.</param>
    /// <param name="capacity">Most links of a node.</param>
    public GrowingLinks(MemoryBlock memory, int capacity)
    {
        _start = (int*)Unsafe.AsPointer(ref memory.Start<int>());
        _stride = StrideOf(capacity);
        Capacity = capacity;
    }

    public int Capacity { get; }

    public static nuint BytesFor(int count, int capacity) => (nuint)count * StrideOf(capacity) * sizeof(int);

    public void Prefetch(int node)
    {
        if (!Sse.IsSupported)
            return;
        byte* list = (byte*)(_start + (nuint)(uint)node * _stride);
        for (nuint line = 0; line < _stride * sizeof(int); line += 64)
            Sse.Prefetch1(list + line);
    }

    public int Read(int node, int* neighbours)
    {
        ReadOnlySpan<int> links = Of(node);
        links.CopyTo(new Span<int>(neighbours, links.Length));
        return links.Length;
    }

    /// <summary>The links of a node.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Span<int> Of(int node)
    {
        int* list = _start + (nuint)(uint)node * _stride;
        return new Span<int>(list + 1, list[0]);
    }

    public void Set(int node, ReadOnlySpan<int> links)
    {
        int* list = _start + (nuint)(uint)node * _stride;
        list[0] = links.Length;
        links.CopyTo(new Span<int>(list + 1, Capacity));
    }

    /// <summary>Adds a link behind the others; there is room.</summary>
    public void Add(int node, int link)
    {
        int* list = _start + (nuint)(uint)node * _stride;
        list[++list[0]] = link;
    }

    /// <summary>The list and its length, in whole cache lines.</summary>
    private static nuint StrideOf(int capacity) => (nuint)(capacity + 1 + 15) & ~(nuint)15;
}
