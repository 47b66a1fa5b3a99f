using System.Buffers;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Guards;

/// <summary>Keeps the floors of exposure in slates that were filled deeper than they are shown. What is left to chance stays as it is, so propensities stay true. Safe for concurrent use.</summary>
internal sealed class SlateFloors
{
    private readonly ExposureFloors _floors;
    private readonly RecommendationMetrics _metrics;

    public SlateFloors(GuardOptions options, RecommendationMetrics metrics)
    {
        _floors = ExposureFloors.Of(options.ExposureFloors);
        _metrics = metrics;
        Extra = AreSet ? options.FloorDepth : 0;
    }

    /// <summary>Whether there are any.</summary>
    public bool AreSet => _floors.Count > 0;

    /// <summary>Items beyond the slate that they take from.</summary>
    public int Extra { get; }

    /// <summary>Puts those first, in order, that go into the slots of the best; the others follow in their order.</summary>
    /// <param name="snapshot">The model that answers.</param>
    /// <param name="ranked">Places, best first: at least as many as there are such slots.</param>
    /// <param name="turns">What each slot is filled by.</param>
    /// <param name="fresh">What goes into the slots of new items, in order. What will be explored nobody knows.</param>
    /// <param name="pinned">What goes into the slots of pins, in order.</param>
    public void Arrange(Snapshot snapshot, Span<Slate.Place> ranked, ReadOnlySpan<SlateExploration.Turn> turns, ReadOnlySpan<Slate.Place> fresh, ReadOnlySpan<Slate.Place> pinned)
    {
        ItemGroups groups = snapshot.Items.GroupsOf(_floors);
        ReadOnlySpan<int> newItems = snapshot.NewItems.Rows;
        int best = turns.Count(SlateExploration.Turn.Best);
        int[] slots = ArrayPool<int>.Shared.Rent(turns.Length), chosen = ArrayPool<int>.Shared.Rent(best);
        uint[] bits = ArrayPool<uint>.Shared.Rent(ranked.Length);
        Slate.Place[] copy = ArrayPool<Slate.Place>.Shared.Rent(ranked.Length);
        try
        {
            int nextFresh = 0, nextPinned = 0;
            for (int slot = 0; slot < turns.Length; slot++)
            {
                slots[slot] = turns[slot] switch
                {
                    SlateExploration.Turn.Best => FloorRanking.Free,
                    SlateExploration.Turn.Pinned => (int)BitsOf(groups, newItems, pinned[nextPinned++].Row),
                    SlateExploration.Turn.NewItem => (int)BitsOf(groups, newItems, fresh[nextFresh++].Row),
                    _ => 0,
                };
            }

            for (int i = 0; i < ranked.Length; i++)
                bits[i] = BitsOf(groups, newItems, ranked[i].Row);
            FloorRanking.Choose(_floors.Shares, slots.AsSpan(0, turns.Length), bits.AsSpan(0, ranked.Length), chosen.AsSpan(0, best));
            Reorder(ranked, chosen.AsSpan(0, best), copy);
        }
        finally
        {
            ArrayPool<int>.Shared.Return(slots);
            ArrayPool<int>.Shared.Return(chosen);
            ArrayPool<uint>.Shared.Return(bits);
            ArrayPool<Slate.Place>.Shared.Return(copy, clearArray: true);
        }
    }

    /// <summary>Labels a slate that does not keep the floors.</summary>
    public void Label(Snapshot snapshot, ReadOnlySpan<Slate.Place> shown, Degradations degraded)
    {
        ItemGroups groups = snapshot.Items.GroupsOf(_floors);
        ReadOnlySpan<int> newItems = snapshot.NewItems.Rows;
        uint[] bits = ArrayPool<uint>.Shared.Rent(shown.Length);
        for (int i = 0; i < shown.Length; i++)
            bits[i] = BitsOf(groups, newItems, shown[i].Row);
        uint broken = FloorRanking.NotKept(_floors.Shares, bits.AsSpan(0, shown.Length));
        ArrayPool<uint>.Shared.Return(bits);
        if (broken == 0)
            return;
        string names = "";
        for (int i = 0; i < _floors.Count; i++)
        {
            if ((broken & (1u << i)) != 0)
                names += names.Length == 0 ? $"'{_floors.Floors[i].Group}'" : $", '{_floors.Floors[i].Group}'";
        }

        degraded.Add(Components.Guards, DegradationReason.TooFewCandidates, $"Floors of exposure are not reached: too few of the best items are in {names}.");
    }

    private uint BitsOf(ItemGroups groups, ReadOnlySpan<int> newItems, int row)
    {
        uint bits = groups.Of(row);
        return _floors.NewItemsBit != 0 && newItems.BinarySearch(row) >= 0 ? bits | _floors.NewItemsBit : bits;
    }

    private void Reorder(Span<Slate.Place> ranked, ReadOnlySpan<int> chosen, Slate.Place[] copy)
    {
        // In most slates nothing has to move.
        int same = 0;
        while (same < chosen.Length && chosen[same] == same)
            same++;
        if (same == chosen.Length)
            return;
        ranked.CopyTo(copy);
        Span<bool> isPlaced = ranked.Length <= 1_024 ? stackalloc bool[ranked.Length] : new bool[ranked.Length];
        isPlaced.Clear();
        int first = 0, lifted = 0;
        for (int i = 0; i < chosen.Length; i++)
        {
            while (isPlaced[first])
                first++;
            isPlaced[chosen[i]] = true;
            ranked[i] = copy[chosen[i]] with { LiftedFrom = chosen[i] != first ? chosen[i] + 1 : 0 };
            lifted += chosen[i] != first ? 1 : 0;
        }

        int place = chosen.Length;
        for (int i = 0; i < ranked.Length; i++)
        {
            if (!isPlaced[i])
                ranked[place++] = copy[i];
        }

        _metrics.Guarded("floor", lifted);
    }
}
