namespace Inference.Vectors.Graph.Build;

/// <summary>In which order a merge inserts nodes, where its searches begin, and where those of the next index do.</summary>
/// <remarks>
/// The sample of the <see cref="EntryLayer"/> is to be a uniform one, however often the graph is merged. So as large a share of it as of the nodes is drawn from the added ones;
/// the rest are nodes of the current sample that stay, filled up with other nodes that do.
/// </remarks>
internal sealed class MergeOrder
{
    /// <param name="changes">What the merge does.</param>
    /// <param name="entries">The sample of the current index; numbers may repeat.</param>
    /// <param name="seed">Of all that is random.</param>
    public MergeOrder(GraphChanges changes, ReadOnlySpan<int> entries, int seed)
    {
        var random = new Random(seed);
        int total = changes.Kept.Length + changes.Added.Length, wanted = EntryLayer.SizeFor(total);
        int fromAdded = total == 0 ? 0 : (int)Math.Round((double)wanted * changes.Added.Length / total), fromKept = wanted - fromAdded;
        int[] added = [.. changes.Added];
        random.Shuffle(added);
        Nodes = [.. changes.Kept, .. added];
        Known = Math.Max(changes.Kept.Length, Math.Min(1, added.Length));
        Sampled = Math.Max(changes.Kept.Length + fromAdded, Known);
        Starts = Sample(changes, entries, Math.Max(fromKept, EntryLayer.SizeFor(changes.Kept.Length)), random);
        Entries = [.. Starts[..fromKept], .. added[..fromAdded]];
        random.Shuffle(Entries);
    }

    /// <summary>All nodes: those that stay, then the added ones in the order of their insertion.</summary>
    public int[] Nodes { get; }

    /// <summary>How many of <see cref="Nodes"/> are in the graph when the insertion begins; at least one if there are any.</summary>
    public int Known { get; }

    /// <summary>How many are in it when all of <see cref="Entries"/> are.</summary>
    public int Sampled { get; }

    /// <summary>Nodes that stay, in random order: where searches begin until <see cref="Sampled"/> nodes are in the graph.</summary>
    public int[] Starts { get; }

    /// <summary>The sample of the next index, in random order.</summary>
    public int[] Entries { get; }

    /// <summary>Nodes that stay, those of the current sample first.</summary>
    private static int[] Sample(GraphChanges changes, ReadOnlySpan<int> entries, int count, Random random)
    {
        var taken = new HashSet<int>();
        var sample = new List<int>(count);
        int[] candidates = [.. entries];
        random.Shuffle(candidates);
        Take(candidates);
        if (sample.Count < count)
        {
            candidates = [.. changes.Kept];
            random.Shuffle(candidates);
            Take(candidates);
        }
        return [.. sample];

        void Take(int[] nodes)
        {
            for (int i = 0; i < nodes.Length && sample.Count < count; i++)
            {
                if (changes.Keeps(nodes[i]) && taken.Add(nodes[i]))
                    sample.Add(nodes[i]);
            }
        }
    }
}
