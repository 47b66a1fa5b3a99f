using System.Collections.Concurrent;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Inference.Vectors.Graph.Kernels;
using Inference.Vectors.Memory;
using Inference.Vectors.Search;

namespace Inference.Vectors.Graph.Build;

/// <summary>How a graph is built.</summary>
/// <param name="Degree">Most neighbours of a node, at most 32.</param>
/// <param name="Width">Candidates that the search for a new node's neighbours keeps.</param>
/// <param name="Alpha">Slack of the pruning rule, on squared distances.</param>
/// <param name="Seed">Of the order of insertion.</param>
internal sealed record BuildSettings(int Degree, int Width = 96, float Alpha = 1.2f, int Seed = 1)
{
    /// <summary>Links a node may have before it is pruned back to the degree: pruning is dear and waits until it pays.</summary>
    public int Room => Degree + Degree / 2;
}

/// <summary>Builds the graph: each node linked to near ones in all directions, and reachable.</summary>
/// <remarks>
/// <list type="number">
/// <item>Nodes come in random order, in batches that double until they are 2 % of all.</item>
/// <item>For each node of a batch a search of the graph so far finds candidates; pruning chooses its links.</item>
/// <item>The links are turned round, sorted by target, and added; a target whose list overflows is pruned.</item>
/// <item>The first nodes are the sample of which the <see cref="EntryLayer"/> is made, where later searches begin.</item>
/// <item>At the end all lists are pruned to the degree, and nodes that cannot be reached are linked (<see cref="Reachability"/>).</item>
/// </list>
/// Steps 2 and 3 only read what the other one writes, so threads need no locks, and the graph is the same for any number of them (after Dobson et al., Scaling
/// Graph-Based ANNS, arXiv 2305.04359). Links are by squared distance for every metric: for inner product too, because the best row for a query is the one nearest to a far
/// point in its direction, and because a graph of inner products would leave rows of small length unreachable.
/// </remarks>
internal sealed unsafe class GraphBuilder<TKernels>(GraphRows rows, BuildSettings settings, ParallelOptions parallel)
    where TKernels : struct, IGraphKernels
{
    /// <summary>Searches that take turns on a thread.</summary>
    private const int Interleaved = 6;

    /// <summary>Parts of the reverse links, each sorted and added by one thread.</summary>
    private const int Buckets = 64;

    /// <summary>Nodes with which searches begin while there is no layer yet.</summary>
    private const int BuildEntries = 64;

    /// <summary>A batch that a merge need not make smaller.</summary>
    private const int SmallBatch = 64;

    /// <summary>Nodes whose lists are gone through by one thread at a time.</summary>
    private const int Piece = 1024;

    private readonly ConcurrentBag<BuildScratch> _scratch = [];

    /// <summary>Builds a graph of all rows but the absent ones.</summary>
    public BuiltGraph Build(RowBits? absent)
    {
        var memory = new MemoryBlock(GrowingLinks.BytesFor(rows.Count, settings.Room));
        EntryLayer? entries = null;
        try
        {
            var links = new GrowingLinks(memory, settings.Room);
            for (int node = 0; node < rows.Count; node++)
                links.Set(node, []);
            int[] order = Order(absent);
            int sample = EntryLayer.SizeFor(order.Length), largest = Math.Max(1, order.Length / 50);
            InsertAll(links, order, known: Math.Min(1, order.Length), end: sample, largest, entries: null);
            entries = EntryLayer.Of<TKernels>(rows, order.AsSpan(0, sample));
            InsertAll(links, order, known: sample, end: order.Length, largest, entries);
            Finish(links, order, entries.Nodes);
            return new BuiltGraph(memory, links, entries);
        }
        catch
        {
            entries?.Release();
            memory.Release();
            throw;
        }
        finally
        {
            foreach (BuildScratch scratch in _scratch)
                scratch.Dispose();
        }
    }

    /// <summary>Builds the next graph from the current one, whose nodes have the same numbers.</summary>
    /// <remarks>
    /// <list type="number">
    /// <item>Nodes that stay keep their links; those that linked to removed nodes get others (<see cref="Detachment{TKernels, TLinks}"/>).</item>
    /// <item>Added nodes are inserted in batches, first those that belong to the sample of the next <see cref="EntryLayer"/>. No list gets a link twice: nothing links to a
    /// node before its insertion.</item>
    /// <item>The end is that of a build.</item>
    /// </list>
    /// </remarks>
    /// <param name="current">The links of the current graph, held by the caller.</param>
    /// <param name="changes">What becomes of its nodes. The rows of the builder are those of the next index.</param>
    /// <param name="entries">The sample where searches of the current index begin.</param>
    public BuiltGraph Merge<TLinks>(TLinks current, GraphChanges changes, ReadOnlySpan<int> entries)
        where TLinks : struct, ILinks
    {
        var order = new MergeOrder(changes, entries, settings.Seed);
        // Nodes of a batch do not find each other, and those that a merge adds may all be of one new region.
        int largest = Math.Max(1, Math.Min(order.Nodes.Length / 50, Math.Max(SmallBatch, changes.Added.Length / 16)));
        var memory = new MemoryBlock(GrowingLinks.BytesFor(rows.Count, settings.Room));
        EntryLayer? layer = null;
        try
        {
            var links = new GrowingLinks(memory, settings.Room);
            Keep(links, current, changes);
            using (EntryLayer? first = order.Starts.Length > 0 ? EntryLayer.Of<TKernels>(rows, order.Starts) : null)
                InsertAll(links, order.Nodes, order.Known, order.Sampled, largest, first);
            layer = EntryLayer.Of<TKernels>(rows, order.Entries);
            InsertAll(links, order.Nodes, order.Sampled, order.Nodes.Length, largest, layer);
            Finish(links, order.Nodes, order.Entries);
            return new BuiltGraph(memory, links, layer);
        }
        catch
        {
            layer?.Release();
            memory.Release();
            throw;
        }
        finally
        {
            foreach (BuildScratch scratch in _scratch)
                scratch.Dispose();
        }
    }

    /// <summary>Sets the links of the nodes that stay, and no links for all others.</summary>
    private void Keep<TLinks>(GrowingLinks links, TLinks current, GraphChanges changes)
        where TLinks : struct, ILinks =>
        Parallel.For(0, (rows.Count + Piece - 1) / Piece, parallel, piece =>
        {
            BuildScratch scratch = Take();
            var detachment = new Detachment<TKernels, TLinks>(current, changes, scratch, new Pruning<TKernels>(rows, scratch, settings.Alpha), settings.Degree);
            int end = Math.Min(rows.Count, (piece + 1) * Piece);
            for (int node = piece * Piece; node < end; node++)
                links.Set(node, changes.Keeps(node) ? detachment.LinksOf(node) : []);
            _scratch.Add(scratch);
        });

    private int[] Order(RowBits? absent)
    {
        var order = new List<int>(rows.Count);
        for (int row = 0; row < rows.Count; row++)
        {
            if (absent?.Contains(row) != true)
                order.Add(row);
        }
        new Random(settings.Seed).Shuffle(CollectionsMarshal.AsSpan(order));
        return [.. order];
    }

    /// <summary>Inserts nodes.</summary>
    /// <param name="links">The graph so far.</param>
    /// <param name="order">The nodes; the first <paramref name="known"/> are in the graph already.</param>
    /// <param name="known">How many of the order are in the graph.</param>
    /// <param name="end">How many of the order are to be in it.</param>
    /// <param name="largest">Most nodes of a batch.</param>
    /// <param name="entries">Where searches begin; null for the first nodes of the order.</param>
    private void InsertAll(GrowingLinks links, int[] order, int known, int end, int largest, EntryLayer? entries)
    {
        for (int start = known; start < end;)
        {
            parallel.CancellationToken.ThrowIfCancellationRequested();
            int count = Math.Min(Math.Min(start, largest), end - start);
            Insert(links, order.AsMemory(start, count), order.AsMemory(0, Math.Min(start, BuildEntries)), entries);
            start += count;
        }
    }

    private void Insert(GrowingLinks links, ReadOnlyMemory<int> batch, ReadOnlyMemory<int> first, EntryLayer? entries)
    {
        int pieces = (batch.Length + Interleaved - 1) / Interleaved;
        Parallel.For(0, pieces, parallel, piece => Link(links, batch.Span[(piece * Interleaved)..Math.Min(batch.Length, (piece + 1) * Interleaved)], first.Span, entries));
        List<ulong>[] reverse = Reverse(links, batch.Span);
        Parallel.For(0, Buckets, parallel, bucket =>
        {
            List<ulong> pairs = reverse[bucket];
            pairs.Sort();
            AddReverse(links, CollectionsMarshal.AsSpan(pairs));
        });
    }

    /// <summary>Finds and sets the links of some nodes, whose searches take turns.</summary>
    private void Link(GrowingLinks links, ReadOnlySpan<int> nodes, ReadOnlySpan<int> first, EntryLayer? entries)
    {
        BuildScratch scratch = Take();
        var plan = new SearchPlan(settings.Width, settings.Width, default, IsFiltered: false, null, rows.Count, int.MaxValue);
        var beams = new CodeBeam<TKernels, GrowingLinks>[nodes.Length];
        Span<int> started = stackalloc int[nodes.Length], near = stackalloc int[EntryLayer.Begin];
        Span<float> distances = stackalloc float[EntryLayer.Begin];
        for (int i = 0; i < nodes.Length; i++)
        {
            SearchScratch own = scratch.Searches[i];
            var query = (short*)own.Query(rows.Length * sizeof(short));
            TensorPrimitives.ConvertTruncating(new ReadOnlySpan<sbyte>(rows.Codes + (nuint)(uint)nodes[i] * rows.CodeStride, (int)rows.Length), new Span<short>(query, (int)rows.Length));
            beams[i] = new CodeBeam<TKernels, GrowingLinks>(own, links, rows.Codes, rows.Factors, rows.CodeStride, rows.Length, squaredL2: true);
            float scale = rows.Factors[nodes[i]].Scale;
            ReadOnlySpan<int> begin = entries is null ? first : near[..entries.Nearest<TKernels>(query, scale, squaredL2: true, near, distances)];
            beams[i].Start(query, scale, plan);
            beams[i].KeepTrace(BuildScratch.MaxCandidates);
            beams[i].Seed(begin);
            started[i] = i;
        }
        Turns.Run<TKernels, GrowingLinks>(beams, started);
        var pruning = new Pruning<TKernels>(rows, scratch, settings.Alpha);
        for (int i = 0; i < nodes.Length; i++)
        {
            float own = rows.Factors[nodes[i]].SquaredNorm;
            // All that the search went through, not only the nearest: in a tight cluster those would all lie within it, and no link would lead out.
            int count = beams[i].Trace.Length;
            Span<ulong> keys = scratch.Keys.AsSpan(0, count);
            beams[i].Trace.CopyTo(keys);
            keys.Sort();
            for (int j = 0; j < count; j++)
            {
                scratch.Ids[j] = SortedKeys.NodeOf(keys[j]);
                scratch.Distances[j] = Math.Max(0, own + SortedKeys.DistanceOf(keys[j]));
            }
            links.Set(nodes[i], pruning.Choose(scratch.Ids.AsSpan(0, count), scratch.Distances.AsSpan(0, count), settings.Degree));
        }
        _scratch.Add(scratch);
    }

    /// <summary>The links of a batch as pairs of target and source, by bucket.</summary>
    private static List<ulong>[] Reverse(GrowingLinks links, ReadOnlySpan<int> batch)
    {
        var buckets = new List<ulong>[Buckets];
        for (int i = 0; i < Buckets; i++)
            buckets[i] = new List<ulong>(batch.Length);
        foreach (int node in batch)
        {
            foreach (int target in links.Of(node))
                buckets[target % Buckets].Add((ulong)(uint)target << 32 | (uint)node);
        }
        return buckets;
    }

    private void AddReverse(GrowingLinks links, ReadOnlySpan<ulong> pairs)
    {
        BuildScratch scratch = Take();
        var pruning = new Pruning<TKernels>(rows, scratch, settings.Alpha);
        while (!pairs.IsEmpty)
        {
            int target = (int)(pairs[0] >> 32), count = 1;
            while (count < pairs.Length && (int)(pairs[count] >> 32) == target)
                count++;
            ReadOnlySpan<int> old = links.Of(target);
            if (old.Length + count <= settings.Room)
            {
                for (int i = 0; i < count; i++)
                    links.Add(target, (int)pairs[i]);
            }
            else
            {
                // A popular target can get more than there is room to weigh; the rest is left out.
                int taken = Math.Min(count, BuildScratch.MaxCandidates - old.Length);
                old.CopyTo(scratch.Ids);
                for (int i = 0; i < taken; i++)
                    scratch.Ids[old.Length + i] = (int)pairs[i];
                Prune(pruning, scratch, links, target, old.Length + taken);
            }
            pairs = pairs[count..];
        }
        _scratch.Add(scratch);
    }

    /// <summary>Chooses the links of a node among the first ids of the scratch, which are all different.</summary>
    private void Prune(Pruning<TKernels> pruning, BuildScratch scratch, GrowingLinks links, int node, int count)
    {
        Span<int> ids = scratch.Ids.AsSpan(0, count);
        Span<float> distances = scratch.Distances.AsSpan(0, count);
        pruning.Measure(node, ids, distances);
        pruning.Sort(ids, distances);
        links.Set(node, pruning.Choose(ids, distances, settings.Degree));
    }

    /// <summary>Prunes all lists to the degree, and links what cannot be reached.</summary>
    private void Finish(GrowingLinks links, int[] order, int[] entries)
    {
        Parallel.For(0, (order.Length + Piece - 1) / Piece, parallel, piece =>
        {
            BuildScratch scratch = Take();
            var pruning = new Pruning<TKernels>(rows, scratch, settings.Alpha);
            foreach (int node in order.AsSpan(piece * Piece, Math.Min(Piece, order.Length - piece * Piece)))
            {
                ReadOnlySpan<int> list = links.Of(node);
                if (list.Length <= settings.Degree)
                    continue;
                list.CopyTo(scratch.Ids);
                Prune(pruning, scratch, links, node, list.Length);
            }
            _scratch.Add(scratch);
        });
        Reachability.Ensure(links, rows.Count, order, entries, settings.Degree);
    }

    private BuildScratch Take() => _scratch.TryTake(out BuildScratch? scratch) ? scratch : new BuildScratch(rows.Length, Interleaved);
}
