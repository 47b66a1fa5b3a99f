using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph.Build;

/// <summary>A finished graph, from which the layouts are made.</summary>
/// <param name="Memory">Of the links; released by <see cref="Dispose"/>.</param>
/// <param name="Links">Neighbours of each node.</param>
/// <param name="Entries">Where searches begin; taken over by the index that is made.</param>
internal sealed record BuiltGraph(MemoryBlock Memory, GrowingLinks Links, EntryLayer Entries) : IDisposable
{
    public void Dispose() => Memory.Release();
}
