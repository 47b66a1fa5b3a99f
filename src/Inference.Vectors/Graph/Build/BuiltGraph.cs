using Inference.Vectors.Memory;

namespace Inference.Vectors.Graph.Build;

/// <summary>A finished graph, from which the layouts are made.</summary>
/// <param name="Memory">Of the links; released by <see cref="Dispose"/>.</param>
/// <param name="Links">Neighbours of each node.</param>
/// <param name="Entries">Nodes where searches may begin, a random sample.</param>
internal sealed record BuiltGraph(MemoryBlock Memory, GrowingLinks Links, int[] Entries) : IDisposable
{
    public void Dispose() => Memory.Release();
}
