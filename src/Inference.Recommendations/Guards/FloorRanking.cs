using System.Diagnostics;
using System.Numerics;

namespace Inference.Recommendations.Guards;

/// <summary>
/// Orders candidates so that each group has its share of the first k slots, for every k: <c>count_g(k) ≥ ⌊s_g · k⌋</c> (after "FA*IR", Zehlike et al., 2017, with fixed shares, several groups, and slots that are taken).
/// <list type="number">
/// <item>Slot by slot, the best candidate that is left, as long as all floors can still be kept.</item>
/// <item>They can while up to no later slot the groups together lack as many items as slots are free. Where they lack just as many, only a candidate of a group that lacks some there will do: the best of those.</item>
/// </list>
/// Shares that add up to at most 1 can always be kept while candidates of the groups last; a group that has none left asks for nothing. Deterministic, and the least change: a candidate that is passed over would have broken a floor.
/// </summary>
public static class FloorRanking
{
    /// <summary>A slot that is to be filled.</summary>
    public const int Free = -1;

    /// <param name="shares">By group, at most <see cref="ExposureFloors.Most"/>: each in (0, 1].</param>
    /// <param name="slots">By slot: <see cref="Free"/>, or the groups (bits) of what sits there already, 0 where nobody can know.</param>
    /// <param name="candidates">Groups (bits) of the candidates, best first; at least as many as slots are free.</param>
    /// <param name="chosen">Receives for each free slot, in order, which candidate it gets. Each is there once.</param>
    public static void Choose(ReadOnlySpan<double> shares, ReadOnlySpan<int> slots, ReadOnlySpan<uint> candidates, Span<int> chosen)
    {
        Debug.Assert(shares.Length <= ExposureFloors.Most && chosen.Length >= slots.Count(Free) && candidates.Length >= slots.Count(Free));
        Span<int> have = stackalloc int[shares.Length], left = stackalloc int[shares.Length];
        have.Clear();
        left.Clear();
        foreach (uint groups in candidates)
            Count(groups, 1, left);
        Span<bool> taken = candidates.Length <= 1_024 ? stackalloc bool[candidates.Length] : new bool[candidates.Length];
        taken.Clear();
        int first = 0, count = 0;
        for (int slot = 0; slot < slots.Length; slot++)
        {
            if (slots[slot] != Free)
            {
                Count((uint)slots[slot], 1, have);
                continue;
            }

            // :: Steps 1 and 2
            while (taken[first])
                first++;
            uint lacking = Lacking(shares, slots, slot, have, left);
            int best = first;
            while (lacking != 0 && (taken[best] || (candidates[best] & lacking) == 0))
                best++;
            taken[best] = true;
            chosen[count++] = best;
            Count(candidates[best], 1, have);
            Count(candidates[best], -1, left);
        }
    }

    /// <summary>Which floors some slots do not keep, as bits.</summary>
    /// <param name="shares">By group.</param>
    /// <param name="slots">Groups (bits) of what is in the slots.</param>
    public static uint NotKept(ReadOnlySpan<double> shares, ReadOnlySpan<uint> slots)
    {
        uint broken = 0;
        Span<int> have = stackalloc int[shares.Length];
        have.Clear();
        for (int slot = 0; slot < slots.Length; slot++)
        {
            Count(slots[slot], 1, have);
            for (int group = 0; group < shares.Length; group++)
                broken |= have[group] < ExposureFloors.SlotsOf(shares[group], slot + 1) ? 1u << group : 0;
        }

        return broken;
    }

    /// <summary>The groups of which this slot needs one; 0 where any item will do.</summary>
    private static uint Lacking(ReadOnlySpan<double> shares, ReadOnlySpan<int> slots, int slot, ReadOnlySpan<int> have, ReadOnlySpan<int> left)
    {
        Span<int> ahead = stackalloc int[shares.Length], lacks = stackalloc int[shares.Length];
        ahead.Clear();
        lacks.Clear();
        int free = 0, taken = slots.Length - slot - slots[slot..].Count(Free);
        for (int later = slot; later < slots.Length; later++)
        {
            if (slots[later] == Free)
            {
                free++;
            }
            else
            {
                Count((uint)slots[later], 1, ahead);
                taken--;
            }

            int lacked = 0;
            uint lacking = 0;
            for (int group = 0; group < shares.Length; group++)
            {
                // What is taken further on does not help before.
                lacks[group] = Math.Max(lacks[group], Math.Min(left[group], ExposureFloors.SlotsOf(shares[group], later + 1) - have[group] - ahead[group]));
                lacked += lacks[group];
                lacking |= lacks[group] > 0 ? 1u << group : 0;
            }

            // Of the groups that lack some up to here, all lack them up to any later slot, too.
            if (lacked > 0 && lacked >= free)
                return lacking;
            // Over any further j slots the floors ask for at most j + the number of groups more, and all but those that are taken are free.
            if (free - lacked > shares.Length + taken)
                return 0;
        }

        return 0;
    }

    private static void Count(uint groups, int step, Span<int> counts)
    {
        for (; groups != 0; groups &= groups - 1)
            counts[BitOperations.TrailingZeroCount(groups)] += step;
    }
}
