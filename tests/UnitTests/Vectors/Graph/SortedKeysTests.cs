using Inference.Vectors.Graph;
using UnitTests.Vectors.Graph.Kernels;
using Xunit;

namespace UnitTests.Vectors.Graph;

public sealed unsafe class SortedKeysTests
{
    private const ulong Untouched = 0x0123_4567_89AB_CDEF;

    public static TheoryData<string> Names => GraphKernelCase.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public void All_WithRandomOperations_AreThoseOfASortedList(string name)
    {
        foreach (int capacity in (int[])[1, 2, 7, 8, 9, 40, 100])
        {
            ulong[] memory = Memory(capacity);
            fixed (ulong* start = memory)
            {
                var keys = new SortedKeys(start);
                // The same memory again: nothing of the first round may be left in the second.
                for (int round = 0; round < 2; round++)
                {
                    keys.Reset(capacity);
                    var model = new Model(capacity);
                    var random = new Random(capacity + round);
                    for (int node = 0; node < 600; node++)
                    {
                        if (random.Next(3) == 0)
                        {
                            Assert.Equal(model.Expand(), keys.Expand());
                        }
                        else
                        {
                            // Few different distances, of both signs, so that many are equal; nodes come in any order.
                            float distance = random.Next(-12, 12) * 0.25f;
                            int number = node * 7919 % 600;
                            if (distance < keys.Limit)
                            {
                                GraphKernelCase.Of(name).Insert(ref keys, distance, number);
                                model.Insert(distance, number);
                            }
                        }
                        AssertEqual(model, keys, memory, capacity);
                    }
                }
            }
        }
    }

    [Fact]
    public void Insert_WithDistancesOfAllSizes_KeepsThemAscending()
    {
        float[] ascending = [float.NegativeInfinity, float.MinValue, -1, -float.Epsilon, 0, float.Epsilon, 1e-30f, 1, float.MaxValue];
        fixed (ulong* start = Memory(ascending.Length))
        {
            var keys = new SortedKeys(start);
            keys.Reset(ascending.Length);
            for (int i = 0; i < ascending.Length; i++)
            {
                int scattered = i * 4 % ascending.Length;
                GraphKernelCase.Scalar.Insert(ref keys, ascending[scattered], scattered);
            }

            for (int i = 0; i < ascending.Length; i++)
            {
                Assert.Equal(ascending[i], SortedKeys.DistanceOf(keys[i]));
                Assert.Equal(i, SortedKeys.NodeOf(keys[i]));
            }
            Assert.Equal(float.MaxValue, keys.Limit);
        }
    }

    [Fact]
    public void Insert_WithTheLargestNode_KeepsIt()
    {
        fixed (ulong* start = Memory(2))
        {
            var keys = new SortedKeys(start);
            keys.Reset(2);
            GraphKernelCase.Scalar.Insert(ref keys, 1, int.MaxValue);

            Assert.Equal(int.MaxValue, keys.Peek());
            Assert.Equal(int.MaxValue, keys.Expand(out ulong key));
            Assert.Equal(1, SortedKeys.DistanceOf(key));
            Assert.Equal(int.MaxValue, SortedKeys.NodeOf(keys[0]));
        }
    }

    [Fact]
    public void Expand_AfterANearerNodeCame_GivesItNext()
    {
        fixed (ulong* start = Memory(4))
        {
            var keys = new SortedKeys(start);
            keys.Reset(4);
            GraphKernelCase.Scalar.Insert(ref keys, 2, 20);
            GraphKernelCase.Scalar.Insert(ref keys, 3, 30);
            Assert.Equal(20, keys.Expand());
            GraphKernelCase.Scalar.Insert(ref keys, 1, 10);

            Assert.Equal([10, 30, -1, -1], (int[])[keys.Expand(), keys.Expand(), keys.Expand(), keys.Expand()]);
        }
    }

    private static void AssertEqual(Model model, SortedKeys keys, ulong[] memory, int capacity)
    {
        Assert.Equal(model.Entries.Select(static entry => (entry.Distance, entry.Node)), Enumerable.Range(0, keys.Count).Select(i => (SortedKeys.DistanceOf(keys[i]), SortedKeys.NodeOf(keys[i]))));
        Assert.Equal(model.Limit, keys.Limit);
        Assert.Equal(model.Peek(), keys.Peek());
        Assert.True(memory.AsSpan(keys.Count, capacity + SortedKeys.Slack - keys.Count).IndexOfAnyExcept(ulong.MaxValue) < 0);
        Assert.True(memory.AsSpan(capacity + SortedKeys.Slack).IndexOfAnyExcept(Untouched) < 0);
    }

    /// <summary>What the keys may use, and some behind it.</summary>
    private static ulong[] Memory(int capacity)
    {
        var memory = new ulong[capacity + SortedKeys.Slack + 16];
        Array.Fill(memory, Untouched);
        return memory;
    }

    private sealed class Model(int capacity)
    {
        public List<(float Distance, int Node, bool Expanded)> Entries { get; } = [];

        public float Limit => Entries.Count == capacity ? Entries[^1].Distance : float.PositiveInfinity;

        public void Insert(float distance, int node)
        {
            Entries.Add((distance, node, false));
            Entries.Sort(static (a, b) => (a.Distance, a.Node).CompareTo((b.Distance, b.Node)));
            if (Entries.Count > capacity)
                Entries.RemoveAt(capacity);
        }

        public int Peek() => Entries.FindIndex(static entry => !entry.Expanded) is >= 0 and int i ? Entries[i].Node : -1;

        public int Expand()
        {
            int i = Entries.FindIndex(static entry => !entry.Expanded);
            if (i < 0)
                return -1;
            Entries[i] = Entries[i] with { Expanded = true };
            return Entries[i].Node;
        }
    }
}
