using System.Buffers;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Guards;
using Inference.Recommendations.MakeUp;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Lets chance into a slate that was filled deeper than asked for.
/// <list type="number">
/// <item>The slots for new items: content score and click rate, by the probability of being the best draw.</item>
/// <item>The best items, in their order as far as floors of exposure leave it, in all slots that are not special.</item>
/// <item>The slots that explore: by the policy, each from the best that are not placed.</item>
/// </list>
/// Pinned items keep their slots; all of this goes on in the others. Where attributes are capped, an item that would break a cap is in no pool of a slot that explores, unless nothing else is left; slots for new items and floors go before caps.
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
        int limit = Math.Min(plan.Limit, slate.Count + plan.NewItems);
        Slate.Place[] rented = ArrayPool<Slate.Place>.Shared.Rent(limit + (2 * slate.Count));
        int[] rows = ArrayPool<int>.Shared.Rent(limit);
        try
        {
            var chance = new RequestChance(query.Page?.Seed ?? query.RequestId);
            Span<Turn> turns = limit <= 1_024 ? stackalloc Turn[limit] : new Turn[limit];
            Span<Slate.Place> pinned = TakePinned(slate, rented.AsSpan(limit + slate.Count, slate.Count), turns);
            plan = plan with { Limit = plan.Limit - pinned.Length, NewItems = Math.Min(plan.NewItems, plan.Limit - pinned.Length) };
            ReadOnlySpan<Slate.Place> ranked = slate.Places;
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
            int free = limit;
            limit += pinned.Length;
            turns = turns[..limit];
            LayOut(freshCount, explored, free, turns);
            if (plan.HasFloors)
                floors.Arrange(snapshot, left, turns, fresh, pinned);
            if (query.Slate.Caps.Count > 0)
                Settle(turns, left, fresh, pinned, rows);
            int nextFresh = 0, nextBest = 0, nextPinned = 0;
            Span<Slate.Place> pool = left[best..];
            for (int slot = 0; slot < limit; slot++)
            {
                switch (turns[slot])
                {
                    case Turn.Pinned:
                        shown[slot] = pinned[nextPinned++];
                        break;
                    case Turn.Best:
                        shown[slot] = left[nextBest++];
                        break;
                    case Turn.NewItem:
                        shown[slot] = fresh[nextFresh++];
                        NewItemSlots.SetSlot(choices, nextFresh - 1, slot + 1);
                        break;
                    default:
                        shown[slot] = Explore(snapshot, plan.Policy, slot, query.Slate.Caps, rows.AsSpan(0, limit), slate.Earlier.Span, ref pool, ref chance, choices);
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
            ArrayPool<int>.Shared.Return(rows);
        }
    }

    /// <summary>Takes pinned items out of a slate; nothing draws them, and nothing moves them.</summary>
    /// <param name="slate">Holds the others afterwards.</param>
    /// <param name="places">Room for all of its items.</param>
    /// <param name="turns">Receives which slots are theirs.</param>
    /// <returns>They, in the order of their slots.</returns>
    private static Span<Slate.Place> TakePinned(Slate slate, Span<Slate.Place> places, Span<Turn> turns)
    {
        turns.Clear();
        int pinned = 0;
        for (int slot = 0; slot < Math.Min(slate.Count, turns.Length); slot++)
        {
            if (!slate.Places[slot].IsPinned)
                continue;
            turns[slot] = Turn.Pinned;
            places[pinned++] = slate.Places[slot];
        }

        if (pinned == 0)
            return default;
        // The others go behind the pinned ones, which there is room for: together they are the slate.
        int others = pinned;
        foreach (Slate.Place place in slate.Places)
        {
            if (!place.IsPinned)
                places[others++] = place;
        }

        slate.Replace(places[pinned..others]);
        return places[..pinned];
    }

    /// <summary>The rows of all slots whose items are settled before any draw; −1 for the others.</summary>
    private static void Settle(ReadOnlySpan<Turn> turns, ReadOnlySpan<Slate.Place> left, ReadOnlySpan<Slate.Place> fresh, ReadOnlySpan<Slate.Place> pinned, Span<int> rows)
    {
        int nextFresh = 0, nextBest = 0, nextPinned = 0;
        for (int slot = 0; slot < turns.Length; slot++)
        {
            rows[slot] = turns[slot] switch
            {
                Turn.Pinned => pinned[nextPinned++].Row,
                Turn.NewItem => fresh[nextFresh++].Row,
                Turn.Best => left[nextBest++].Row,
                _ => -1,
            };
        }
    }

    /// <summary>Which of the slots that are free are special: they take turns, new items first.</summary>
    private static void LayOut(int freshCount, int explored, int free, Span<Turn> turns)
    {
        int specials = freshCount + explored, special = 0, fresh = 0, drawn = 0, number = -1;
        for (int slot = 0; slot < turns.Length; slot++)
        {
            if (turns[slot] == Turn.Pinned)
                continue;
            number++;
            turns[slot] = Turn.Best;
            if (special == specials || number != SlotPlan.SlotOf(special, specials, free))
                continue;
            bool isFresh = fresh < freshCount && (drawn == explored || (special % 2) == 0);
            turns[slot] = isFresh ? Turn.NewItem : Turn.Explore;
            fresh += isFresh ? 1 : 0;
            drawn += isFresh ? 0 : 1;
            special++;
        }
    }

    /// <summary>Draws one place of a pool, and takes it out.</summary>
    /// <param name="snapshot">The model that answers.</param>
    /// <param name="policy">By what it is drawn.</param>
    /// <param name="slot">For which slot, from 0.</param>
    /// <param name="caps">What may be in a slate how often.</param>
    /// <param name="rows">By slot: what is there, or −1; receives what was drawn. Only where there are caps.</param>
    /// <param name="earlier">What earlier pages showed.</param>
    /// <param name="places">What is left, best first.</param>
    /// <param name="chance">Numbers of the request.</param>
    /// <param name="choices">Receives the draw.</param>
    private Slate.Place Explore(
        Snapshot snapshot, ExplorationPolicy policy, int slot, IReadOnlyList<AttributeCap> caps, Span<int> rows, ReadOnlySpan<int> earlier, ref Span<Slate.Place> places, ref RequestChance chance, List<Choice>? choices)
    {
        int count = Math.Min(places.Length, options.PoolSize);
        Span<int> from = stackalloc int[count];
        count = Within(snapshot.Items, caps, rows, earlier, places, from);
        from = from[..count];
        Span<PoolItem> items = stackalloc PoolItem[count];
        Span<double> probabilities = stackalloc double[count];
        ItemArms arms = snapshot.Arms;
        for (int i = 0; i < count; i++)
        {
            // Scores of what fills up are of another kind: they count as the lowest.
            Slate.Place one = places[from[i]];
            float score = one.Type == SlotType.Fallback && places[from[0]].Type != SlotType.Fallback ? float.NaN : one.Score;
            items[i] = new PoolItem(one.Row, score, arms.ShownOf(one.Row), arms.ClickedOf(one.Row));
        }

        Pool.Standardise(items);
        _rules[(int)policy - 1].Weigh(items, arms.Rate, probabilities);
        int chosen = chance.Draw(probabilities);
        choices?.Add(Choices.Of(snapshot.Items, slot + 1, SlotType.Explore, chosen, items, probabilities, arms.Rate, ChoiceSettings.Of(policy, options)));
        Slate.Place place = places[from[chosen]] with { Type = SlotType.Explore, Propensity = probabilities[chosen] };
        places[..from[chosen]].CopyTo(places[1..]);
        places = places[1..];
        if (caps.Count > 0)
            rows[slot] = place.Row;
        return place;
    }

    /// <summary>The pool of a slot: the best that break no cap, where there are none those that break none of this page alone, or simply the best.</summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="caps">The caps.</param>
    /// <param name="rows">What is in the slate; −1 for slots that are still to be drawn.</param>
    /// <param name="earlier">What earlier pages showed.</param>
    /// <param name="places">What is left, best first.</param>
    /// <param name="pool">Receives places in it; as long as the largest pool.</param>
    /// <returns>How many there are.</returns>
    private static int Within(ItemCatalogue items, IReadOnlyList<AttributeCap> caps, ReadOnlySpan<int> rows, ReadOnlySpan<int> earlier, ReadOnlySpan<Slate.Place> places, Span<int> pool)
    {
        int count = 0;
        for (int i = 0; i < places.Length && count < pool.Length; i++)
        {
            if (caps.Count == 0 || CapCounts.Allow(items, caps, rows, earlier, places[i].Row))
                pool[count++] = i;
        }

        if (count > 0)
            return count;
        if (!earlier.IsEmpty)
            return Within(items, caps, rows, earlier: default, places, pool);
        for (int i = 0; i < pool.Length; i++)
            pool[i] = i;
        return pool.Length;
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

        /// <summary>A pin.</summary>
        Pinned,
    }
}
