using System.Buffers;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Lets chance into a slate that was filled deeper than asked for.
/// <list type="number">
/// <item>The slots for new items: content score and click rate, by the probability of being the best draw.</item>
/// <item>The best items, in their order as far as floors of exposure leave it, in all slots that are not special.</item>
/// <item>The slots that explore: by the policy, each from the best that are not placed.</item>
/// </list>
/// What is drawn is drawn from the probabilities that the reply and the log state, with numbers that the request's id is the seed of. Safe for concurrent use.
/// </summary>
internal sealed class SlateExploration(ExplorationOptions options, NewItemOptions newItems, SlateFloors floors, RecommendationMetrics metrics)
{
    private readonly ChoiceRule[] _rules = [.. Enum.GetValues<ExplorationPolicy>().Order().Select(policy => ChoiceRule.Of(policy, options))];
    private readonly NewItemSlots _newItems = new(options, newItems);

    /// <summary>What is to be left to chance in the slate of a request.</summary>
    public Plan PlanFor(RecommendQuery query, Snapshot snapshot)
    {
        ExplorationPolicy policy = options.AllowRequests ? query.Exploration ?? options.Policy : options.Policy;
        int newItems = _newItems.CountFor(query, snapshot);
        int explored = policy == ExplorationPolicy.Off ? 0 : Math.Min(SlotPlan.CountOf(options.Share, query.Limit), Math.Max(0, query.Limit - newItems - 1));
        return new Plan(query.Limit, explored, newItems, explored == 0 ? ExplorationPolicy.Off : policy, Math.Max(floors.Extra, explored == 0 ? 0 : options.PoolSize + explored), floors.AreSet);
    }

    /// <summary>Makes the slate that is shown.</summary>
    /// <param name="snapshot">The model that answers.</param>
    /// <param name="query">The request.</param>
    /// <param name="plan">What <see cref="PlanFor"/> said.</param>
    /// <param name="eligible">What may be shown and is not in the slate.</param>
    /// <param name="slate">Filled to <see cref="Plan.Depth"/> as far as there are items; holds the slate that is shown afterwards.</param>
    /// <param name="choices">Receives the draws; null where nobody keeps them.</param>
    /// <param name="degraded">Is told of floors that are not kept.</param>
    public void Apply(Snapshot snapshot, RecommendQuery query, Plan plan, Eligibility eligible, Slate slate, List<Choice>? choices, Degradations degraded)
    {
        ReadOnlySpan<Slate.Place> ranked = slate.Places;
        int limit = Math.Min(plan.Limit, ranked.Length + plan.NewItems);
        Slate.Place[] rented = ArrayPool<Slate.Place>.Shared.Rent(limit + ranked.Length);
        try
        {
            var chance = new RequestChance(query.Page?.Seed ?? query.RequestId);
            Span<Slate.Place> shown = rented.AsSpan(0, limit), left = rented.AsSpan(limit, ranked.Length);

            // :: Step 1 new items, none of which the reply would show anyway
            Span<Slate.Place> fresh = default;
            int freshCount = 0;
            if (plan.NewItems > 0)
            {
                fresh = new Slate.Place[plan.NewItems];
                freshCount = _newItems.Draw(snapshot, eligible, slate, plan, ref chance, fresh, choices);
            }

            int count = 0;
            foreach (Slate.Place place in ranked)
            {
                if (!Holds(fresh[..freshCount], place.Row))
                    left[count++] = place;
            }

            left = left[..count];
            limit = Math.Min(plan.Limit, count + freshCount);
            int explored = Math.Min(plan.Explored, Math.Max(0, limit - freshCount - 1));
            int best = limit - freshCount - explored;

            // :: Steps 2 and 3 slot by slot; the draws come after all that is simply the best
            Span<Turn> turns = limit <= 1_024 ? stackalloc Turn[limit] : new Turn[limit];
            LayOut(freshCount, explored, turns);
            if (plan.HasFloors)
                floors.Arrange(snapshot, left, turns, fresh);
            int nextFresh = 0, nextBest = 0;
            Span<Slate.Place> pool = left[best..];
            for (int slot = 0; slot < limit; slot++)
            {
                switch (turns[slot])
                {
                    case Turn.Best:
                        shown[slot] = left[nextBest++];
                        break;
                    case Turn.NewItem:
                        shown[slot] = fresh[nextFresh++];
                        NewItemSlots.SetSlot(choices, nextFresh - 1, slot + 1);
                        break;
                    default:
                        shown[slot] = Explore(snapshot, plan.Policy, slot, ref pool, ref chance, choices);
                        break;
                }
            }

            if (plan.HasFloors)
                floors.Label(snapshot, shown[..limit], degraded);
            slate.Replace(shown[..limit]);
            metrics.Explored(plan.Policy, explored, freshCount);
        }
        finally
        {
            ArrayPool<Slate.Place>.Shared.Return(rented, clearArray: true);
        }
    }

    /// <summary>Which slots are special: they take turns, new items first.</summary>
    private static void LayOut(int freshCount, int explored, Span<Turn> turns)
    {
        int specials = freshCount + explored, special = 0, fresh = 0, drawn = 0;
        for (int slot = 0; slot < turns.Length; slot++)
        {
            turns[slot] = Turn.Best;
            if (special == specials || slot != SlotPlan.SlotOf(special, specials, turns.Length))
                continue;
            bool isFresh = fresh < freshCount && (drawn == explored || (special % 2) == 0);
            turns[slot] = isFresh ? Turn.NewItem : Turn.Explore;
            fresh += isFresh ? 1 : 0;
            drawn += isFresh ? 0 : 1;
            special++;
        }
    }

    /// <summary>Draws one place of a pool, and takes it out.</summary>
    private Slate.Place Explore(Snapshot snapshot, ExplorationPolicy policy, int slot, ref Span<Slate.Place> places, ref RequestChance chance, List<Choice>? choices)
    {
        int count = Math.Min(places.Length, options.PoolSize);
        Span<PoolItem> items = stackalloc PoolItem[count];
        Span<double> probabilities = stackalloc double[count];
        ItemArms arms = snapshot.Arms;
        for (int i = 0; i < count; i++)
        {
            // Scores of what fills up are of another kind: they count as the lowest.
            float score = places[i].Type == SlotType.Fallback && places[0].Type != SlotType.Fallback ? float.NaN : places[i].Score;
            items[i] = new PoolItem(places[i].Row, score, arms.ShownOf(places[i].Row), arms.ClickedOf(places[i].Row));
        }

        Pool.Standardise(items);
        _rules[(int)policy - 1].Weigh(items, arms.Rate, probabilities);
        int chosen = chance.Draw(probabilities);
        choices?.Add(Choices.Of(snapshot.Items, slot + 1, SlotType.Explore, chosen, items, probabilities, arms.Rate, ChoiceSettings.Of(policy, options)));
        Slate.Place place = places[chosen] with { Type = SlotType.Explore, Propensity = probabilities[chosen] };
        places[..chosen].CopyTo(places[1..]);
        places = places[1..];
        return place;
    }

    private static bool Holds(ReadOnlySpan<Slate.Place> places, int row)
    {
        foreach (Slate.Place place in places)
        {
            if (place.Row == row)
                return true;
        }

        return false;
    }

    /// <param name="Limit">Slots of the slate.</param>
    /// <param name="Explored">Slots that explore.</param>
    /// <param name="NewItems">Slots for new items.</param>
    /// <param name="Policy">By which slots explore; off where none does.</param>
    /// <param name="Extra">Items that the slate is filled with beyond its limit.</param>
    /// <param name="HasFloors">Whether groups of items have floors of exposure.</param>
    internal readonly record struct Plan(int Limit, int Explored, int NewItems, ExplorationPolicy Policy, int Extra, bool HasFloors = false)
    {
        /// <summary>To how many items the slate is filled.</summary>
        public int Depth => Limit + Extra;

        /// <summary>Whether anything is left to chance.</summary>
        public bool IsSet => Explored + NewItems > 0;
    }

    /// <summary>What a slot is filled by.</summary>
    internal enum Turn : byte
    {
        /// <summary>The order of scores and floors.</summary>
        Best = 0,

        /// <summary>The draw of a new item.</summary>
        NewItem,

        /// <summary>The policy.</summary>
        Explore,
    }
}
