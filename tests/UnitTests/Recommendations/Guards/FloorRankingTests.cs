using Inference.Recommendations.Guards;
using Xunit;

namespace UnitTests.Recommendations.Guards;

public sealed class FloorRankingTests
{
    private const int Free = FloorRanking.Free;

    [Fact]
    public void Choose_WithoutNeed_KeepsTheOrder() =>
        Assert.Equal([0, 1, 2, 3], Choose([0.5], [Free, Free, Free, Free], [1, 0, 1, 0, 1, 1]));

    [Fact]
    public void Choose_WithALateGroup_LiftsItsBestAsLateAsMayBe() =>
        Assert.Equal([0, 1, 2, 3, 6, 4, 5, 7, 8, 9], Choose([0.2], Slots(10), [0, 0, 0, 0, 0, 0, 1, 0, 0, 1, 1, 1]));

    [Fact]
    public void Choose_WithAnExploredSlotAtTheEnd_KeepsTheFloorBeforeIt() =>
        Assert.Equal([0, 1, 2, 5], Choose([0.2], [Free, Free, Free, Free, 0], [0, 0, 0, 0, 0, 1]));

    [Fact]
    public void Choose_WithANewItemOfTheGroup_CountsIt() =>
        Assert.Equal([0, 1, 2, 3], Choose([0.2], [Free, 1, Free, Free, Free], [0, 0, 0, 0, 0, 1]));

    [Fact]
    public void Choose_WithTwoGroupsDueAtOnce_MakesRoomForBoth() =>
        Assert.Equal([2, 3], Choose([0.5, 0.5], [Free, Free], [0, 0, 1, 2]));

    [Fact]
    public void Choose_WithAGroupThatHasNone_AsksForNothing() =>
        Assert.Equal([0, 1], Choose([0.5], [Free, Free], [0, 0, 0]));

    [Fact]
    public void Choose_OverRandomSlates_KeepsEveryFloorThatCanBeKept()
    {
        var random = new Random(7);
        for (int round = 0; round < 3_000; round++)
        {
            double[] shares = SharesOf(random);
            int[] slots = Slots(random.Next(1, 40));
            for (int taken = random.Next(4); taken > 0; taken--)
                slots[random.Next(slots.Length)] = random.Next(1 << shares.Length);
            uint[] candidates = [.. Enumerable.Range(0, slots.Length + random.Next(60)).Select(_ => random.Next(3) == 0 ? (uint)random.Next(1 << shares.Length) : 0)];

            int[] chosen = Choose(shares, slots, candidates);

            Assert.Equal(chosen.Length, chosen.Distinct().Count());
            AssertKept(shares, slots, candidates, chosen, $"round {round}");
        }
    }

    [Fact]
    public void Choose_OfOneGroup_LosesTheLeastThatAnyOrderDoes()
    {
        var random = new Random(8);
        for (int round = 0; round < 300; round++)
        {
            double share = 0.2 + (0.6 * random.NextDouble());
            uint[] candidates = [.. Enumerable.Range(0, 7).Select(_ => (uint)random.Next(2))];
            const int length = 4;

            int[] chosen = Choose([share], Slots(length), candidates);

            // Of all orders that keep the floor as far as the candidates allow, the first one slot by slot.
            int[] best = Orders(candidates.Length, length)
                .Where(order => Enumerable.Range(1, length).All(k => order.Take(k).Count(i => candidates[i] == 1) >= Math.Min((int)((share * k) + 1e-9), candidates.Count(c => c == 1))))
                .MinBy(order => order.Aggregate(0, (sum, i) => (sum * 10) + i))!;
            Assert.Equal(best, chosen);
        }
    }

    [Fact]
    public void NotKept_NamesTheFloorsThatAPrefixBreaks()
    {
        Assert.Equal(0u, FloorRanking.NotKept([0.5, 0.25], [0, 1, 1, 2]));
        Assert.Equal(1u, FloorRanking.NotKept([0.5, 0.25], [0, 0, 1, 3]));
        Assert.Equal(2u, FloorRanking.NotKept([0.5, 0.25], [1, 1, 1, 1]));
    }

    [Fact]
    public void Choose_OfAThousandSlots_AllocatesNothing()
    {
        int[] slots = Slots(1_000), chosen = new int[1_000];
        uint[] candidates = [.. Enumerable.Range(0, 1_024).Select(i => i % 50 == 49 ? 1u : 0u)];
        FloorRanking.Choose([0.02], slots, candidates, chosen);

        long before = GC.GetAllocatedBytesForCurrentThread();
        FloorRanking.Choose([0.02], slots, candidates, chosen);

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void AssertKept(double[] shares, int[] slots, uint[] candidates, int[] chosen, string where)
    {
        // Disjoint groups without taken slots can always be kept; with taken ones as far as free slots go.
        if (slots.Any(slot => slot != Free) || candidates.Any(groups => (groups & (groups - 1)) != 0))
            return;
        for (int group = 0; group < shares.Length; group++)
        {
            int all = candidates.Count(groups => (groups & (1u << group)) != 0), have = 0;
            for (int k = 1; k <= slots.Length; k++)
            {
                have += (candidates[chosen[k - 1]] & (1u << group)) != 0 ? 1 : 0;
                Assert.True(have >= Math.Min(all, (int)((shares[group] * k) + 1e-9)), $"{where}: group {group} has {have} of the first {k}");
            }
        }
    }

    private static double[] SharesOf(Random random)
    {
        double[] shares = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => 0.02 + random.NextDouble())];
        double sum = shares.Sum() / random.NextDouble();
        return [.. shares.Select(share => share / Math.Max(1, sum))];
    }

    private static int[] Slots(int count) => [.. Enumerable.Repeat(Free, count)];

    private static IEnumerable<int[]> Orders(int candidates, int length) => length == 0
        ? [[]]
        : Orders(candidates, length - 1).SelectMany(order => Enumerable.Range(0, candidates).Except(order).Select(next => (int[])[.. order, next]));

    private static int[] Choose(double[] shares, int[] slots, uint[] candidates)
    {
        int[] chosen = new int[slots.Count(slot => slot == Free)];
        FloorRanking.Choose(shares, slots, candidates, chosen);
        return chosen;
    }
}
