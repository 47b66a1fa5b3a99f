using Inference.Vectors.Graph.Kernels;

namespace Inference.Vectors.Graph.Build;

/// <summary>Takes removed nodes out of a graph: a node that linked to one is offered what that one linked to instead.</summary>
/// <remarks>
/// The consolidation of FreshDiskANN (Singh et al., arXiv 2105.09613). The new links of a node depend on the old graph alone, which stays as it is: so nodes can be
/// done in any order, by any number of threads.
/// </remarks>
internal readonly unsafe ref struct Detachment<TKernels, TLinks>(TLinks current, GraphChanges changes, BuildScratch scratch, Pruning<TKernels> pruning, int degree)
    where TKernels : struct, IGraphKernels
    where TLinks : struct, ILinks
{
    private const int MaxLinks = 64;

    private readonly Pruning<TKernels> _pruning = pruning;

    /// <summary>The links of a node that stays, among nodes that do. A file whose checksums nobody verified may say anything: links that lead nowhere are left out.</summary>
    public ReadOnlySpan<int> LinksOf(int node)
    {
        int* links = stackalloc int[MaxLinks], removed = stackalloc int[MaxLinks], next = stackalloc int[MaxLinks];
        int linkCount = current.Read(node, links), removedCount = 0, count = 0;
        for (int i = 0; i < linkCount; i++)
        {
            if (changes.Keeps(links[i]))
                Offer(node, links[i], ref count);
            else if (changes.Removes(links[i]))
                removed[removedCount++] = links[i];
        }
        if (removedCount == 0)
            return scratch.Ids.AsSpan(0, count);
        for (int i = 0; i < removedCount; i++)
        {
            int nextCount = current.Read(removed[i], next);
            for (int j = 0; j < nextCount; j++)
            {
                if (changes.Keeps(next[j]))
                    Offer(node, next[j], ref count);
            }
        }
        Span<int> ids = scratch.Ids.AsSpan(0, count);
        Span<float> distances = scratch.Distances.AsSpan(0, count);
        _pruning.Measure(node, ids, distances);
        _pruning.Sort(ids, distances);
        return _pruning.Choose(ids, distances, degree);
    }

    private void Offer(int node, int candidate, ref int count)
    {
        if (candidate != node && count < scratch.Ids.Length && !scratch.Ids.AsSpan(0, count).Contains(candidate))
            scratch.Ids[count++] = candidate;
    }
}
