using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>The lower rungs of the ladder, which run no model: the mixture of cluster profiles that fits the context, then popularity.</summary>
internal sealed class ColdStart
{
    /// <summary>Clusters below this weight cannot change the order of the slate's head and are left out of the sum.</summary>
    private const float NegligibleWeight = 1e-3f;

    /// <summary>Eligible rows up to which they are read one by one, instead of looking for them in the whole catalogue.</summary>
    private const int FewRows = 1_024;

    private readonly RateBoardPool _boards = new();

    /// <summary>Fills the free places with the items of the highest Σ_c w_c r(i|c).</summary>
    /// <returns>Whether the context chose among the profiles and any item was found; the prior alone is worth no more than popularity.</returns>
    public bool FillFromProfiles(Snapshot snapshot, FeatureSet context, Eligibility eligible, Slate slate)
    {
        if (snapshot.Profiles is not { } profiles || context.IsEmpty)
            return false;
        Span<float> weights = profiles.Count <= 256 ? stackalloc float[profiles.Count] : new float[profiles.Count];
        if (profiles.Weigh(context, weights) == 0)
            return false;

        int before = slate.Count;
        Span<ScoredRow> known = stackalloc ScoredRow[Math.Min(slate.Free, ProfileHeads.Depth)];
        if (known.Length == slate.Free && snapshot.ProfileHeads.TryFind(snapshot, weights, eligible, known))
        {
            Place(known);
            return slate.Count > before;
        }

        RateBoard board = _boards.Rent(eligible.Rows.RowCount);
        try
        {
            Mix(snapshot, profiles, weights, eligible, slate.Free, board);
            Place(board.TakeBest(slate.Free));
            return slate.Count > before;
        }
        finally
        {
            _boards.Return(board);
        }

        void Place(ReadOnlySpan<ScoredRow> items)
        {
            foreach (ScoredRow item in items)
            {
                slate.AddFound(item.Row, item.Rate, Sources.ClusterProfile, slate.Count - before + 1);
                eligible.Deny(item.Row);
            }
        }
    }

    /// <summary>Fills the free places with the most popular eligible items; items that are too new to have been counted come last.</summary>
    public static void FillFromPopularity(Snapshot snapshot, Eligibility eligible, Slate slate)
    {
        if (slate.Free == 0)
            return;
        Span<int> few = stackalloc int[FewRows];
        if (eligible.CopyFew(few) is >= 0 and var count)
        {
            FillFromPopularity(snapshot, eligible, slate, few[..count], slate.Limit);
            return;
        }

        ReadOnlySpan<ScoredRow> ranked = snapshot.Popularity.Ranked;
        int before = slate.Count;
        foreach (ScoredRow item in ranked)
        {
            if (slate.Free == 0)
                return;
            Place(item);
        }

        for (int row = ranked.Length; row < eligible.Rows.RowCount && slate.Free > 0; row++)
            Place(new ScoredRow(row, 0f));

        void Place(ScoredRow item)
        {
            if (!eligible.Allows(item.Row))
                return;
            slate.AddFound(item.Row, item.Rate, Sources.Popularity, slate.Count - before + 1, SlotType.Fallback);
            eligible.Deny(item.Row);
        }
    }

    /// <summary>Fills the slate with the eligible ones of some rows, the most popular first, until it has as many items as are wanted.</summary>
    public static void FillFromPopularity(Snapshot snapshot, Eligibility eligible, Slate slate, ReadOnlySpan<int> rows, int wanted)
    {
        Popularity popularity = snapshot.Popularity;
        int before = slate.Count;
        while (slate.Count < wanted)
        {
            int best = -1;
            foreach (int row in rows)
            {
                if (eligible.Allows(row) && (best < 0 || popularity.RateOf(row) > popularity.RateOf(best)))
                    best = row;
            }

            if (best < 0)
                return;
            slate.AddFound(best, popularity.RateOf(best), Sources.Popularity, slate.Count - before + 1, SlotType.Fallback);
            eligible.Deny(best);
        }
    }

    /// <summary>
    /// An item outside every list has the score p_i Σ_c w_c s_c, so beyond the union of the lists only the head of popularity can be in the slate.
    /// <list type="number">
    /// <item>each listed item gets w_c (r(i|c) − s_c p_i)</item>
    /// <item>the head of popularity joins with 0</item>
    /// <item>every item on the board gets p_i Σ_c w_c s_c</item>
    /// </list>
    /// </summary>
    /// <returns>Σ_c w_c s_c.</returns>
    internal static float Mix(Snapshot snapshot, ClusterProfiles profiles, ReadOnlySpan<float> weights, Eligibility eligible, int wanted, RateBoard board)
    {
        Popularity popularity = snapshot.Popularity;
        float rest = AddLists(profiles, popularity, weights, eligible, board);
        Span<int> few = stackalloc int[FewRows];
        int known = eligible.CopyFew(few);
        foreach (int row in few[..Math.Max(0, known)])
            board.Add(row, 0f);
        int head = known >= 0 ? 0 : wanted;
        foreach (ScoredRow item in popularity.Ranked)
        {
            if (head == 0)
                break;
            if (!eligible.Allows(item.Row))
                continue;
            board.Add(item.Row, 0f);
            head--;
        }

        board.AddToAll(popularity, rest);
        return rest;
    }

    /// <summary>Adds the lists of the clusters, each item's w_c (r(i|c) − s_c p_i).</summary>
    /// <param name="eligible">What is added; null for all rows that the board has.</param>
    /// <returns>Σ_c w_c s_c.</returns>
    internal static float AddLists(ClusterProfiles profiles, Popularity popularity, ReadOnlySpan<float> weights, Eligibility? eligible, RateBoard board)
    {
        float rest = 0;
        for (int c = 0; c < weights.Length; c++)
        {
            if (weights[c] < NegligibleWeight)
                continue;
            ClusterProfile profile = profiles[c];
            rest += weights[c] * profile.RestScale;
            foreach (ScoredRow item in profile.Top.Span)
            {
                if (eligible is null || eligible.Allows(item.Row))
                    board.Add(item.Row, weights[c] * (item.Rate - (profile.RestScale * popularity.RateOf(item.Row))));
            }
        }

        return rest;
    }
}
