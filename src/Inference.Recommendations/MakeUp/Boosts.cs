using Inference.Recommendations.Filters;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.MakeUp;

/// <summary>
/// Moves the candidates that filters select up or down: each boost adds its amount times the standard deviation of the candidates' scores, and several add up.
/// It moves what was found, and finds nothing more: who wants more of a kind asks for deeper candidates, or for a filter.
/// </summary>
internal static class Boosts
{
    /// <summary>Finds what the filters select. A filter of a surface that does not fit this version is labelled, and moves nothing; those of requests were checked.</summary>
    /// <returns>By boost; null for one whose filter does not fit.</returns>
    public static async ValueTask<FilterRows?[]> FindAsync(Snapshot snapshot, IReadOnlyList<Boost> boosts, DateTimeOffset now, Degradations degraded, CancellationToken cancellationToken)
    {
        var found = new FilterRows?[boosts.Count];
        for (int i = 0; i < found.Length; i++)
        {
            if (snapshot.Items.Filters.TryRead(boosts[i].Filter, out ItemFilter? filter, out FilterError? error))
                found[i] = (await snapshot.Items.Filters.FindAsync(filter, now, cancellationToken)).Rows;
            else
                degraded.Add(Components.Slate, DegradationReason.Unavailable, $"The boost '{boosts[i].Name}' changes nothing, for its filter does not fit this version {error}");
        }

        return found;
    }

    /// <summary>Changes the scores, and puts the candidates in their new order.</summary>
    /// <param name="boosts">The boosts.</param>
    /// <param name="found">What they select, by boost.</param>
    /// <param name="deviation">Standard deviation of the candidates' scores.</param>
    /// <param name="s">The candidates.</param>
    /// <param name="slate">Is told what was added.</param>
    public static void Add(IReadOnlyList<Boost> boosts, ReadOnlySpan<FilterRows?> found, double deviation, MakeUpScratch s, Slate slate)
    {
        for (int b = 0; b < boosts.Count; b++)
        {
            Boost boost = boosts[b];
            double added = boost.Amount * deviation;
            if (found[b]?.Rows is not { } rows || added == 0)
                continue;
            for (int i = 0; i < s.Count; i++)
            {
                Slate.Place place = s.Places[i];
                if (!rows.Contains(place.Row))
                    continue;
                float score = (float)(place.Score + added);
                slate.Parts?.Add(place.Row, new ScorePart($"boost:{boost.Name}", (double)score - place.Score));
                slate.Adjustments!.Add(place.Row, new Adjustment(AdjustmentKind.Boosted, boost.Name, added, i + 1));
                s.Places[i] = place with { Score = score };
                s.Scores[i] += added;
            }
        }

        CandidateScores.Sort(s);
    }

    /// <summary>How many of the places that are shown hold boosted items.</summary>
    public static int Shown(MakeUpScratch s, int places, Adjustments adjustments)
    {
        int shown = 0;
        for (int place = 0; place < places; place++)
        {
            foreach (Adjustment adjustment in adjustments.Of(s.Places[s.Chosen[place]].Row))
            {
                if (adjustment.Kind != AdjustmentKind.Boosted)
                    continue;
                shown++;
                break;
            }
        }

        return shown;
    }
}
