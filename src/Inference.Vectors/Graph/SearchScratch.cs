using System.Numerics;
using System.Runtime.CompilerServices;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph;

/// <summary>The native memory of one search: query, queue, results, visited set. Grows to what its largest search needed and is then reused.</summary>
internal sealed unsafe class SearchScratch : IDisposable
{
    private MemoryBlock _query = new(0), _frontier = new(0), _results = new(0), _visited = new(0), _grown = new(0), _trace = new(0), _eligible = new(0);

    /// <summary>At least <paramref name="bytes"/> for the forms of the query.</summary>
    public byte* Query(nuint bytes) => Of(ref _query, bytes);

    public ulong* Frontier(int width) => (ulong*)Of(ref _frontier, (nuint)(width + SortedKeys.Slack) * sizeof(ulong));

    public ulong* Eligible(int width) => (ulong*)Of(ref _eligible, (nuint)(width + SortedKeys.Slack) * sizeof(ulong));

    public ulong* Results(int count) => (ulong*)Of(ref _results, (nuint)(count + SortedKeys.Slack) * sizeof(ulong));

    public ulong* Trace(int count) => (ulong*)Of(ref _trace, (nuint)count * sizeof(ulong));

    /// <summary>Starts a visited set for a search of this width.</summary>
    public void Start(ref VisitedSet visited, int width, int perStep)
    {
        uint slots = BitOperations.RoundUpToPowerOf2((uint)Math.Clamp((long)width * perStep, 1024, 1 << 22));
        visited.Reset((uint*)Of(ref _visited, slots * sizeof(uint)), slots);
    }

    /// <summary>Doubles the visited set. Its two blocks take turns, so that both get as large as searches need and stay.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public void Grow(ref VisitedSet visited)
    {
        uint slots = visited.SlotCount * 2;
        visited.Grow((uint*)Of(ref _grown, slots * sizeof(uint)), slots);
        (_visited, _grown) = (_grown, _visited);
    }

    public void Dispose()
    {
        _query.Release();
        _frontier.Release();
        _results.Release();
        _visited.Release();
        _grown.Release();
        _trace.Release();
        _eligible.Release();
    }

    private static byte* Of(ref MemoryBlock block, nuint bytes)
    {
        if (block.Length < bytes)
        {
            block.Release();
            block = new MemoryBlock(BitOperations.RoundUpToPowerOf2(bytes));
        }
        return (byte*)Unsafe.AsPointer(ref block.Start<byte>());
    }
}
