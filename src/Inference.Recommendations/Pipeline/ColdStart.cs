using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>The lower rungs of the ladder, which run no model: the mixture of cluster profiles that fits the context, then popularity.</summary>
internal static class ColdStart
{
    /// <summary>Eligible rows up to which they are read one by one, instead of looking for them in the whole catalogue.</summary>
    private const int FewRows = 1_024;

    /// <summary>Fills the free places with the items of the highest Σ_c w_c r(i|c).</summary>
    /// <returns>Whether the context chose among the profiles and any item was found; the prior alone is worth no more than popularity.</returns>
    public static bool FillFromProfiles(Snapshot snapshot, FeatureSet context, Eligibility eligible, Slate slate)
    {
        if (snapshot.Profiles is not { } profiles || context.IsEmpty)
            return false;
        Span<float> weights = profiles.Count <= 256 ? stackalloc float[profiles.Count] : new float[profiles.Count];
        if (profiles.Weigh(context, weights) == 0)
            return false;

        int before = slate.Count;
        Span<ScoredRow> best = slate.Free <= 512 ? stackalloc ScoredRow[slate.Free] : new ScoredRow[slate.Free];
        foreach (ScoredRow item in best[..snapshot.ProfileMixture!.Find(snapshot.Popularity, weights, eligible, best)])
        {
            slate.AddFound(item.Row, item.Rate, Sources.ClusterProfile, slate.Count - before + 1);
            eligible.Deny(item.Row);
        }

        return slate.Count > before;
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
}
