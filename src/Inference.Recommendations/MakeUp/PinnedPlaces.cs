using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.MakeUp;

/// <summary>
/// Gives pinned items their places.
/// <list type="bullet">
/// <item>An item that nobody found is shown all the same, if it may be: it is there, not excluded, among the allowed ones, within filter and availability. What the user has seen may be pinned.</item>
/// <item>Places count over all pages. One that is not on this page is for another, and nothing is said of it.</item>
/// <item>Where a slate is too short for a place, the pin stands at the end.</item>
/// <item>Pins that are not shown are counted in a label, without their ids.</item>
/// </list>
/// </summary>
internal static class PinnedPlaces
{
    /// <returns>Places of the slate that is shown.</returns>
    public static int Set(in SlateMakeUp.Request request, Eligibility eligible, MakeUpScratch s, Slate slate, Degradations degraded)
    {
        IReadOnlyList<Pin> pins = request.Rules.Pins;
        if (pins.Count == 0)
            return Math.Min(request.Limit, s.Count);

        // The places of candidates by pin, for the slate is as long as they make it.
        Span<int> pinned = pins.Count <= 128 ? stackalloc int[pins.Count] : new int[pins.Count];
        int unknown = 0, barred = 0;
        for (int i = 0; i < pins.Count; i++)
        {
            pinned[i] = -1;
            int rank = pins[i].Rank - request.ShownBefore;
            if (rank < 1 || rank > request.Limit)
                continue;
            if (!request.Snapshot.Items.TryGetRow(pins[i].ItemId, eligible.Rows, out int row))
                unknown++;
            else if (CandidateOf(s, row) is >= 0 and int candidate)
                pinned[i] = candidate;
            else if (eligible.Allows(row) || IsOnlySeen(request, slate, row))
                pinned[i] = Add(s, row, eligible);
            else
                barred++;
        }

        int places = Math.Min(request.Limit, s.Count), last = places - 1;
        Span<int> latestFirst = pins.Count <= 128 ? stackalloc int[pins.Count] : new int[pins.Count];
        OrderByRank(pins, latestFirst);
        for (int round = 0; round < 2; round++)
        {
            // Those that stand at the end are given their places from the last one, so that they keep their order.
            for (int turn = 0; turn < pins.Count; turn++)
            {
                int i = round == 0 ? turn : latestFirst[turn];
                int rank = pins[i].Rank - request.ShownBefore;
                if (pinned[i] < 0 || (rank <= places) != (round == 0) || s.Places[pinned[i]].IsPinned)
                    continue;
                int place = rank - 1;
                while (round == 1 && s.Chosen[last] >= 0)
                    last--;
                place = round == 1 ? last : place;
                if (s.Chosen[place] >= 0)
                    continue;
                s.Chosen[place] = pinned[i];
                s.Places[pinned[i]] = s.Places[pinned[i]] with { IsPinned = true };
                slate.Adjustments!.Add(s.Places[pinned[i]].Row, new Adjustment(AdjustmentKind.Pinned, "", 0, s.Places[pinned[i]].Source == Sources.Pins ? 0 : pinned[i] + 1));
            }
        }

        if (unknown + barred > 0)
            degraded.Add(Components.Slate, DegradationReason.UnknownItems, Text(unknown, barred, pins.Count));
        return places;
    }

    private static string Text(int unknown, int barred, int pins)
    {
        string why = unknown == 0 ? "" : $"{unknown} not in the catalogue";
        if (barred > 0)
            why += $"{(unknown > 0 ? ", " : "")}{barred} left out by a filter, a list or an earlier page of this request";
        return $"{unknown + barred} of {pins} pinned items cannot be shown: {why}.";
    }

    /// <summary>The pins by descending rank, those of one rank in their order.</summary>
    private static void OrderByRank(IReadOnlyList<Pin> pins, Span<int> order)
    {
        for (int i = 0; i < order.Length; i++)
        {
            int at = i;
            for (; at > 0 && pins[order[at - 1]].Rank < pins[i].Rank; at--)
                order[at] = order[at - 1];
            order[at] = i;
        }
    }

    private static int CandidateOf(MakeUpScratch s, int row)
    {
        for (int i = 0; i < s.Count; i++)
        {
            if (s.Places[i].Row == row)
                return i;
        }

        return -1;
    }

    private static int Add(MakeUpScratch s, int row, Eligibility eligible)
    {
        int candidate = s.Count++;
        s.Places[candidate] = new Slate.Place(row, 0, Sources.Pins, SlotType.Exploit, 1.0);
        s.Relevance[candidate] = 0;
        s.Before[candidate] = 0;
        eligible.Deny(row);
        return candidate;
    }

    /// <summary>Whether nothing but what the user did speaks against an item.</summary>
    private static bool IsOnlySeen(in SlateMakeUp.Request request, Slate slate, int row)
    {
        if ((!request.Seen.Contains(row) && !request.Capped.Contains(row)) || slate.Earlier.Span.Contains(row))
            return false;
        using Eligibility again = Eligibility.Of(request.Snapshot.Items, request.AllowedItemIds, request.ExcludedItemIds, default, request.Filter, new Degradations());
        return again.Allows(row);
    }
}
