using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph.Build;

/// <summary>What one thread of a build works with.</summary>
internal sealed unsafe class BuildScratch : IDisposable
{
    /// <summary>Most candidates that are pruned at once.</summary>
    public const int MaxCandidates = 1024;

    private readonly MemoryBlock _query;

    public BuildScratch(nuint length, int searches)
    {
        Searches = new SearchScratch[searches];
        for (int i = 0; i < searches; i++)
            Searches[i] = new SearchScratch();
        _query = new MemoryBlock(length * sizeof(short));
        Query = (short*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref _query.Start<short>());
    }

    public SearchScratch[] Searches { get; }

    /// <summary>A row as a query, for pruning.</summary>
    public short* Query { get; }

    public int[] Ids { get; } = new int[MaxCandidates];

    public float[] Distances { get; } = new float[MaxCandidates];

    public ulong[] Keys { get; } = new ulong[MaxCandidates];

    public int[] Left { get; } = new int[MaxCandidates];

    public int[] LeftPlaces { get; } = new int[MaxCandidates];

    public int[] Dots { get; } = new int[MaxCandidates];

    public bool[] Dropped { get; } = new bool[MaxCandidates];

    public int[] Chosen { get; } = new int[MaxCandidates];

    public void Dispose()
    {
        _query.Release();
        foreach (SearchScratch search in Searches)
            search.Dispose();
    }
}
