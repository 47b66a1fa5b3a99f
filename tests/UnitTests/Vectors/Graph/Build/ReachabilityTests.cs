using Inference.Vectors.Graph.Build;
using Inference.Vectors.Memory;
using Xunit;

namespace UnitTests.Vectors.Graph.Build;

public sealed class ReachabilityTests
{
    [Fact]
    public void Ensure_WithNodesThatNobodyLinksTo_LinksThemWithinTheDegree()
    {
        // Random links among the first half only; each of the second half knows three of the first.
        const int Count = 400, Degree = 4;
        var random = new Random(1);
        var memory = new MemoryBlock(GrowingLinks.BytesFor(Count, 6));
        var links = new GrowingLinks(memory, 6);
        for (int node = 0; node < Count; node++)
        {
            var own = new HashSet<int>();
            while (own.Count < (node < Count / 2 ? Degree : 3))
            {
                int other = random.Next(Count / 2);
                if (other != node)
                    own.Add(other);
            }
            links.Set(node, [.. own]);
        }

        int missing = Reachability.Ensure(links, Count, [.. Enumerable.Range(0, Count)], [0, 5], Degree);

        Assert.Equal(0, missing);
        Assert.Equal(Count, Reached(links, 0, 5));
        for (int node = 0; node < Count; node++)
            Assert.InRange(links.Of(node).Length, 0, Degree);
        memory.Release();
    }

    [Fact]
    public void Ensure_WithIslands_LinksThemFromTheEntryPoints()
    {
        // Pairs that know nobody else.
        const int Count = 12;
        var memory = new MemoryBlock(GrowingLinks.BytesFor(Count, 16));
        var links = new GrowingLinks(memory, 16);
        for (int node = 0; node < Count; node++)
            links.Set(node, [node ^ 1]);

        Assert.Equal(0, Reachability.Ensure(links, Count, [.. Enumerable.Range(0, Count)], [4, 9], degree: 16));
        Assert.Equal(Count, Reached(links, 4, 9));
        memory.Release();
    }

    [Fact]
    public void Ensure_WhenAllAreReached_ChangesNothing()
    {
        var memory = new MemoryBlock(GrowingLinks.BytesFor(3, 4));
        var links = new GrowingLinks(memory, 4);
        links.Set(0, [1]);
        links.Set(1, [2]);
        links.Set(2, []);

        Assert.Equal(0, Reachability.Ensure(links, 3, [0, 1, 2], [0], degree: 4));
        Assert.Equal([1], links.Of(0).ToArray());
        Assert.Equal([2], links.Of(1).ToArray());
        Assert.Empty(links.Of(2).ToArray());
        memory.Release();
    }

    private static int Reached(GrowingLinks links, params int[] entries)
    {
        var reached = new HashSet<int>(entries);
        var open = new Queue<int>(entries);
        while (open.TryDequeue(out int node))
        {
            foreach (int link in links.Of(node))
            {
                if (reached.Add(link))
                    open.Enqueue(link);
            }
        }
        return reached.Count;
    }
}
