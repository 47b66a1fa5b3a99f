using System.Buffers;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>The places of one reply, filled from the top by one source after another. Items of a later source never go before those of an earlier one.</summary>
internal sealed class Slate : IDisposable
{
    private Place[] _places;
    private float[] _vector = [];
    private int _vectorLength;

    public Slate(int limit)
    {
        Limit = limit;
        _places = ArrayPool<Place>.Shared.Rent(limit);
    }

    public int Limit { get; private set; }

    public int Count { get; private set; }

    public int Free => Limit - Count;

    public ReadOnlySpan<Place> Places => _places.AsSpan(0, Count);

    /// <summary>What the sources of a fused model had in the scores; null where there is none, or nobody asks.</summary>
    public FusedShares? Shares { get; set; }

    /// <summary>What the scores are made of; null where nobody asks.</summary>
    public ScoreParts? Parts { get; init; }

    /// <summary>What moved items; null where nothing did.</summary>
    public Adjustments? Adjustments { get; set; }

    /// <summary>What each retriever did; null where nobody asks.</summary>
    public List<RetrieverReport>? Retrievers { get; init; }

    /// <summary>Notes what a retriever did, where anybody asks. How much of it is shown is counted at the end. One that is asked again, as popularity is to fill up, has one report.</summary>
    public void Report(string name, int found, TimeSpan duration, RetrieverOutcome outcome)
    {
        for (int i = 0; i < (Retrievers?.Count ?? 0); i++)
        {
            RetrieverReport before = Retrievers![i];
            if (before.Name != name)
                continue;
            Retrievers[i] = before with { Found = Math.Max(before.Found, found), Duration = before.Duration + duration };
            return;
        }

        Retrievers?.Add(new RetrieverReport(name, found, 0, duration, outcome));
    }

    /// <summary>Rows that pages before this one showed, in order: what caps and diversity count beside the slate. They may not be shown again.</summary>
    public ReadOnlyMemory<int> Earlier { get; init; }

    /// <summary>What the user was searched for with; empty where nothing was.</summary>
    public ReadOnlySpan<float> UserVector => _vector.AsSpan(0, _vectorLength);

    public void Add(int row, float score, string source, SlotType type = SlotType.Exploit) => _places[Count++] = new Place(row, score, source, type, 1.0);

    /// <summary>Adds a row whose score is that of its source alone.</summary>
    /// <param name="rank">Its place among what the source found, from 1.</param>
    public void AddFound(int row, float score, string source, int rank, SlotType type = SlotType.Exploit)
    {
        Add(row, score, source, type);
        Parts?.Add(row, new ScorePart(source, score, score, rank));
    }

    /// <summary>Whether anybody will read <see cref="UserVector"/>.</summary>
    public bool WantsVector { get; init; }

    /// <summary>Keeps a copy of what the user was searched for with, where it is wanted.</summary>
    public void KeepVector(ReadOnlySpan<float> vector)
    {
        if (!WantsVector)
            return;
        if (_vector.Length < vector.Length)
            _vector = new float[vector.Length];
        vector.CopyTo(_vector);
        _vectorLength = vector.Length;
    }

    /// <summary>Leaves the first places, at most so many.</summary>
    public void Cut(int limit)
    {
        Limit = Math.Min(Limit, limit);
        Count = Math.Min(Count, Limit);
    }

    /// <summary>Takes the same places in another order, or with other scores.</summary>
    public void Reorder(ReadOnlySpan<Place> places) => places.CopyTo(_places.AsSpan(0, Count));

    /// <summary>Takes other places instead, at most as many.</summary>
    public void Replace(ReadOnlySpan<Place> places)
    {
        places.CopyTo(_places);
        Count = places.Length;
        Limit = places.Length;
    }

    /// <summary>Takes some of other places instead, in an order; makes room where there is none.</summary>
    public void Take(ReadOnlySpan<Place> places, ReadOnlySpan<int> order)
    {
        if (_places.Length < order.Length)
        {
            ArrayPool<Place>.Shared.Return(_places, clearArray: true);
            _places = ArrayPool<Place>.Shared.Rent(order.Length);
        }

        for (int i = 0; i < order.Length; i++)
            _places[i] = places[order[i]];
        Count = order.Length;
        Limit = Math.Max(Limit, Count);
    }

    public void Dispose()
    {
        if (_places.Length > 0)
            ArrayPool<Place>.Shared.Return(_places, clearArray: true);
        _places = [];
    }

    /// <param name="Row">Row of the item.</param>
    /// <param name="Score">Its score by the source.</param>
    /// <param name="Source">One of <see cref="Sources"/>.</param>
    /// <param name="Type">How it was chosen.</param>
    /// <param name="Propensity">With which probability, given the places that were filled before.</param>
    /// <param name="LiftedFrom">Place from which a floor of exposure put it before better ones; 0 where none did.</param>
    /// <param name="IsPinned">Whether the slot is its own: nothing moves it.</param>
    public readonly record struct Place(int Row, float Score, string Source, SlotType Type, double Propensity, int LiftedFrom = 0, bool IsPinned = false);
}
