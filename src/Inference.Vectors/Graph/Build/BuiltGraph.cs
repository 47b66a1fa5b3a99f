using System.Diagnostics;
using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph.Build;

/// <summary>A finished graph, from which the layouts are made.</summary>
/// <param name="Memory">Of the links; released by <see cref="Dispose"/>.</param>
/// <param name="Links">Neighbours of each node.</param>
/// <param name="Entries">Where searches begin; released by <see cref="Dispose"/>, so that an index needs <see cref="HoldEntries"/>.</param>
internal sealed record BuiltGraph(MemoryBlock Memory, GrowingLinks Links, EntryLayer Entries) : IDisposable
{
    /// <summary>The entry points, with a hold on them that is the caller's to release.</summary>
    public EntryLayer HoldEntries()
    {
        bool held = Entries.TryHold();
        Debug.Assert(held, "The graph is not disposed.");
        return Entries;
    }

    public void Dispose()
    {
        Entries.Release();
        Memory.Release();
    }
}
