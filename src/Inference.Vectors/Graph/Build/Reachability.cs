namespace Inference.Vectors.Graph.Build;

/// <summary>Makes every node reachable from the entry points: pruning can leave a node that no other links to.</summary>
/// <remarks>
/// <list type="number">
/// <item>Breadth first from the entry points; the link by which a node is reached first is kept from now on, so that nothing below takes a node away again.</item>
/// <item>Each node that was not reached is linked from the first of its own neighbours that was, and that has room or a link that need not be kept: its last one. Where there is
/// no such neighbour, from the first node that has.</item>
/// <item>What that node leads to is then reached as well.</item>
/// </list>
/// A node needs one link that is kept, so with two links a node there is always one to spare.
/// </remarks>
internal ref struct Reachability
{
    private readonly GrowingLinks _links;
    private readonly int _degree;
    private readonly bool[] _reached;

    /// <summary>Of each node, which of its links are kept, as bits.</summary>
    private readonly ulong[] _kept;

    /// <summary>Nodes in the order in which they were reached; those behind <see cref="_expanded"/> were not yet followed.</summary>
    private readonly List<int> _order;

    private int _expanded, _roomy;

    private Reachability(GrowingLinks links, int count, int degree)
    {
        _links = links;
        _degree = degree;
        _reached = new bool[count];
        _kept = new ulong[count];
        _order = new List<int>(count);
    }

    /// <summary>Links what cannot be reached.</summary>
    /// <param name="links">Changed where needed.</param>
    /// <param name="count">Node numbers.</param>
    /// <param name="nodes">The nodes, in a fixed order.</param>
    /// <param name="entries">Where searches begin.</param>
    /// <param name="degree">Most links of a node, at most 64.</param>
    /// <returns>How many nodes are still not reached: 0 for two links a node or more.</returns>
    public static int Ensure(GrowingLinks links, int count, ReadOnlySpan<int> nodes, ReadOnlySpan<int> entries, int degree)
    {
        var reachability = new Reachability(links, count, degree);
        foreach (int entry in entries)
            reachability.Reach(entry);
        reachability.Follow();
        int missing = 0;
        foreach (int node in nodes)
        {
            if (reachability._reached[node])
                continue;
            int parent = reachability.Parent(node);
            if (parent < 0)
            {
                missing++;
                continue;
            }
            reachability.Attach(parent, node);
            reachability.Follow();
        }
        return missing;
    }

    private readonly bool Reach(int node)
    {
        if (_reached[node])
            return false;
        _reached[node] = true;
        _order.Add(node);
        return true;
    }

    /// <summary>Goes on from all nodes that were reached.</summary>
    private void Follow()
    {
        for (; _expanded < _order.Count; _expanded++)
        {
            int node = _order[_expanded];
            Span<int> list = _links.Of(node);
            for (int i = 0; i < list.Length; i++)
            {
                if (Reach(list[i]))
                    _kept[node] |= 1UL << i;
            }
        }
    }

    /// <summary>A node that was reached and can take one more; −1 if there is none.</summary>
    private int Parent(int node)
    {
        foreach (int neighbour in _links.Of(node))
        {
            if (_reached[neighbour] && Place(neighbour) >= 0)
                return neighbour;
        }
        while (_roomy < _order.Count && Place(_order[_roomy]) < 0)
            _roomy++;
        return _roomy < _order.Count ? _order[_roomy] : -1;
    }

    private readonly void Attach(int parent, int node)
    {
        int place = Place(parent);
        Span<int> list = _links.Of(parent);
        if (place == list.Length)
            _links.Add(parent, node);
        else
            list[place] = node;
        _kept[parent] |= 1UL << place;
        Reach(node);
    }

    /// <summary>Where a node can take a link: behind its last one, or in place of the last one that is not kept; −1 if nowhere.</summary>
    private readonly int Place(int node)
    {
        int length = _links.Of(node).Length;
        if (length < _degree)
            return length;
        for (int i = length - 1; i >= 0; i--)
        {
            if ((_kept[node] & 1UL << i) == 0)
                return i;
        }
        return -1;
    }
}
