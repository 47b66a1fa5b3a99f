using Inference.Recommendations.Guards;
using UnitTests.Testing;
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
        int kept = 0;
        for (int round = 0; round < 3_000; round++)
        {
            double[] shares = SharesOf(random);
            int[] slots = Slots(random.Next(1, 60));
            for (int taken = Math.Max(0, random.Next(-3, 4)); taken > 0; taken--)
                slots[random.Next(slots.Length)] = random.Next(2) << random.Next(shares.Length);
            uint[] candidates = [.. Enumerable.Range(0, slots.Length + random.Next(60)).Select(_ => random.Next(3) == 0 ? 1u << random.Next(shares.Length) : 0)];

            int[] chosen = Choose(shares, slots, candidates);

            Assert.Equal(chosen.Length, chosen.Distinct().Count());
            kept += AssertKept(shares, slots, candidates, chosen, $"round {round}") ? 1 : 0;
        }

        Assert.InRange(kept, 2_000, 3_000);
    }

    [Fact]
    public void Choose_WithItemsInSeveralGroups_KeepsTheFloorsOfThemAll()
    {
        var random = new Random(9);
        for (int round = 0; round < 1_000; round++)
        {
            double[] shares = SharesOf(random);
            int[] slots = Slots(random.Next(1, 40));
            uint[] candidates = [.. Enumerable.Range(0, slots.Length + 30).Select(_ => (uint)random.Next(1 << shares.Length)), .. Enumerable.Repeat((1u << shares.Length) - 1, slots.Length)];

            int[] chosen = Choose(shares, slots, candidates);

            Assert.Equal(0u, FloorRanking.NotKept(shares, [.. chosen.Select(candidate => candidates[candidate])]));
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

        Assert.Equal(0, Allocated.Least(() => FloorRanking.Choose([0.02], slots, candidates, chosen)));
    }

    /// <summary>Of groups without common items: floors are kept as far as candidates go, wherever the slots that are taken leave room for all that is lacking.</summary>
    private static bool AssertKept(double[] shares, int[] slots, uint[] candidates, int[] chosen, string where)
    {
        int groups = shares.Length, free = 0;
        int[] lacked = new int[groups];
        int[] all = [.. Enumerable.Range(0, groups).Select(group => candidates.Count(bits => bits == 1u << group))], there = new int[groups], have = new int[groups];
        for (int k = 1; k <= slots.Length; k++)
        {
            int slot = slots[k - 1];
            for (int group = 0; group < groups; group++)
            {
                there[group] += slot == 1 << group ? 1 : 0;
                lacked[group] = Math.Max(lacked[group], Math.Clamp(Floor(group, k) - there[group], 0, all[group]));
            }

            free += slot == Free ? 1 : 0;
            if (lacked.Sum() > free)
                return false;
        }

        int next = 0;
        for (int k = 1; k <= slots.Length; k++)
        {
            uint bits = slots[k - 1] == Free ? candidates[chosen[next++]] : (uint)slots[k - 1];
            for (int group = 0; group < groups; group++)
            {
                have[group] += bits == 1u << group ? 1 : 0;
                int fixedOnes = slots[..k].Count(slot => slot == 1 << group);
                Assert.True(have[group] >= Math.Min(all[group] + fixedOnes, Floor(group, k)), $"{where}: group {group} has {have[group]} of the first {k}");
            }
        }

        return true;

        int Floor(int group, int k) => (int)((shares[group] * k) + 1e-9);
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
