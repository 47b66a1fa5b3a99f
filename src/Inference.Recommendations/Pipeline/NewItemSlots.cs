using System.Buffers;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Fills the slots that are kept for new items: of those that may be shown and lack exposure, then of the others, each by the probability that its <c>z(content score) + logit(Beta draw)</c> is the highest. The content score is that of the
/// item's vector for the user; where nothing is known of the user, click rates alone speak.
/// </summary>
internal sealed class NewItemSlots(ExplorationOptions options, NewItemOptions newItems)
{
    /// <summary>New items that a draw is made of: those with the best scores, where there are more.</summary>
    internal const int MostDrawnFrom = 64;

    /// <summary>New items that one request looks at. Of a larger pool it takes as many, evenly spread from a place that chance gives: a million would take longer than the whole request may.</summary>
    internal const int MostLookedAt = 4_096;

    private readonly LogitBetas _tables = new();

    /// <summary>How many slots of a slate are kept.</summary>
    public int CountFor(RecommendQuery query, Snapshot snapshot)
    {
        int wanted = query.NewItemSlots is { } asked && options.AllowRequests
            ? Math.Min(asked, query.Limit)
            : newItems.IsOn ? SlotPlan.CountOf(newItems.Share, query.Limit) : 0;
        return Math.Min(wanted, snapshot.NewItems.Rows.Length);
    }

    /// <summary>Draws the items; probabilities are those among what the request looks at.</summary>
    /// <param name="snapshot">The model that answers.</param>
    /// <param name="eligible">What may be shown and is not in the slate.</param>
    /// <param name="slate">The slate; new items in the part of it that is shown anyway are not drawn.</param>
    /// <param name="plan">What is to be left to chance.</param>
    /// <param name="chance">Numbers of the request.</param>
    /// <param name="places">Receives the places.</param>
    /// <param name="choices">Receives the draws, before any other; null where nobody keeps them.</param>
    /// <returns>How many were drawn.</returns>
    public int Draw(
        Snapshot snapshot, Eligibility eligible, Slate slate, SlateExploration.Plan plan, ref RequestChance chance, Span<Slate.Place> places, List<Choice>? choices)
    {
        ReadOnlySpan<int> rows = snapshot.NewItems.Rows;
        int looked = Math.Min(rows.Length, MostLookedAt);
        int from = looked < rows.Length ? (int)(chance.Next() * rows.Length) : 0;
        PoolItem[] rented = ArrayPool<PoolItem>.Shared.Rent(looked);
        try
        {
            int shownAnyway = Math.Max(0, plan.Limit - plan.Explored - plan.NewItems);
            ReadOnlySpan<Slate.Place> tail = slate.Places[Math.Min(shownAnyway, slate.Count)..];
            ItemArms arms = snapshot.Arms;
            int count = 0, lacking = 0;
            for (int i = 0; i < looked; i++)
            {
                int row = rows[(int)((from + ((long)i * rows.Length / looked)) % rows.Length)];
                if (!eligible.Allows(row) && !Holds(tail, row))
                    continue;
                var item = new PoolItem(row, ScoreOf(snapshot, slate.UserVector, row), arms.ShownOf(row), arms.ClickedOf(row));
                // Those that lack exposure stand first.
                rented[count] = rented[lacking];
                rented[item.Shown < newItems.ExposureFloor ? lacking++ : count] = item;
                count++;
            }

            Span<PoolItem> first = Ranked(rented.AsSpan(0, lacking)), pool = first.IsEmpty ? Ranked(rented.AsSpan(0, count)) : first;
            int drawn = 0;
            Span<double> probabilities = stackalloc double[MostDrawnFrom];
            while (drawn < places.Length)
            {
                // Where fewer lack exposure than there are slots, the others have their turn.
                if (pool.IsEmpty && !first.IsEmpty)
                {
                    first = default;
                    pool = Ranked(rented.AsSpan(lacking, count - lacking));
                }

                if (pool.IsEmpty)
                    break;

                Span<PoolItem> best = pool[..Math.Min(pool.Length, MostDrawnFrom)];
                BestOfDraws.Weigh(best, arms.Rate, options.PriorImpressions, _tables, probabilities[..best.Length]);
                int chosen = chance.Draw(probabilities[..best.Length]);
                choices?.Add(Choices.Of(snapshot.Items, 0, SlotType.NewItem, chosen, best, probabilities, arms.Rate, ChoiceSettings.Of(ExplorationPolicy.Thompson, options)));
                slate.Parts?.Replace(best[chosen].Row, new ScorePart(Sources.Towers, best[chosen].Score, slate.UserVector.IsEmpty ? null : ScoreOf(snapshot, slate.UserVector, best[chosen].Row)));
                places[drawn++] = new Slate.Place(best[chosen].Row, best[chosen].Score, Sources.Towers, SlotType.NewItem, probabilities[chosen]);
                pool[..chosen].CopyTo(pool[1..]);
                pool = pool[1..];
            }

            return drawn;
        }
        finally
        {
            ArrayPool<PoolItem>.Shared.Return(rented);
        }
    }

    /// <summary>Standardises scores and puts the best first; of equals, which all are where nothing is known of the user, those that were shown least.</summary>
    private static Span<PoolItem> Ranked(Span<PoolItem> items)
    {
        Pool.Standardise(items);
        items.Sort(static (a, b) => a.Score != b.Score ? b.Score.CompareTo(a.Score) : a.Shown != b.Shown ? a.Shown.CompareTo(b.Shown) : a.Row.CompareTo(b.Row));
        return items;
    }

    /// <summary>Says where a draw for a new item went: its slot is known after it was made.</summary>
    public static void SetSlot(List<Choice>? choices, int number, int slot)
    {
        if (choices is not null)
            choices[number] = choices[number] with { Slot = slot };
    }

    private static float ScoreOf(Snapshot snapshot, ReadOnlySpan<float> user, int row) => user.IsEmpty ? 0f : snapshot.Index.Score(user, row);

    private static bool Holds(ReadOnlySpan<Slate.Place> places, int row)
    {
        foreach (Slate.Place place in places)
        {
            if (place.Row == row)
                return true;
        }

        return false;
    }
}
