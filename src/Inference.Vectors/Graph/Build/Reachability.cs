namespace Inference.Vectors.Graph.Build;

/// <summary>Makes every node reachable from the entry points: pruning can leave a node that no other links to.</summary>
/// <remarks>
/// <list type="number">
/// <item>Breadth first from the entry points; done if that reaches all.</item>
/// <item>Each node that was not reached is linked from the first of its own neighbours that was, and that has room or a link to spare: its last one, to a node that others link
/// to as well. Where there is no such neighbour, from an entry point.</item>
/// <item>Again, because a link that was spared may have been needed.</item>
/// </list>
/// </remarks>
internal static class Reachability
{
    private const int Rounds = 8;

    /// <param name="links">Changed where needed.</param>
    /// <param name="count">Node numbers.</param>
    /// <param name="nodes">The nodes, in a fixed order.</param>
    /// <param name="entries">Where searches begin.</param>
    /// <param name="degree">Most links of a node.</param>
    /// <returns>How many nodes are still not reached: 0 but for odd graphs.</returns>
    public static int Ensure(GrowingLinks links, int count, ReadOnlySpan<int> nodes, ReadOnlySpan<int> entries, int degree)
    {
        int missing = 0;
        for (int round = 0; round < Rounds; round++)
        {
            bool[] reached = Reached(links, count, entries, out int reachedCount);
            missing = nodes.Length - reachedCount;
            if (missing == 0)
                break;
            int[] incoming = Incoming(links, count, nodes);
            int nextEntry = 0;
            foreach (int node in nodes)
            {
                if (reached[node])
                    continue;
                int parent = Parent(links, node, reached, incoming, degree);
                if (parent < 0)
                    parent = entries[nextEntry++ % entries.Length];
                Attach(links, parent, node, incoming, degree);
                reached[node] = true;
            }
        }
        return missing;
    }

    private static bool[] Reached(GrowingLinks links, int count, ReadOnlySpan<int> entries, out int reachedCount)
    {
        var reached = new bool[count];
        var queue = new Queue<int>();
        foreach (int entry in entries)
        {
            if (!reached[entry])
                queue.Enqueue(entry);
            reached[entry] = true;
        }
        reachedCount = queue.Count;
        while (queue.TryDequeue(out int node))
        {
            foreach (int neighbour in links.Of(node))
            {
                if (reached[neighbour])
                    continue;
                reached[neighbour] = true;
                reachedCount++;
                queue.Enqueue(neighbour);
            }
        }
        return reached;
    }

    private static int[] Incoming(GrowingLinks links, int count, ReadOnlySpan<int> nodes)
    {
        var incoming = new int[count];
        foreach (int node in nodes)
        {
            foreach (int neighbour in links.Of(node))
                incoming[neighbour]++;
        }
        return incoming;
    }

    private static int Parent(GrowingLinks links, int node, bool[] reached, int[] incoming, int degree)
    {
        foreach (int neighbour in links.Of(node))
        {
            if (reached[neighbour] && (links.Of(neighbour).Length < degree || Spare(links.Of(neighbour), incoming) >= 0))
                return neighbour;
        }
        return -1;
    }

    private static void Attach(GrowingLinks links, int parent, int node, int[] incoming, int degree)
    {
        incoming[node]++;
        if (links.Of(parent).Length < degree)
        {
            links.Add(parent, node);
            return;
        }
        Span<int> list = links.Of(parent);
        int place = Math.Max(Spare(list, incoming), 0);
        incoming[list[place]]--;
        list[place] = node;
    }

    /// <summary>The place of the last link to a node that others link to as well; −1 if there is none.</summary>
    private static int Spare(ReadOnlySpan<int> list, int[] incoming)
    {
        for (int i = list.Length - 1; i >= 0; i--)
        {
            if (incoming[list[i]] > 1)
                return i;
        }
        return -1;
    }
}
