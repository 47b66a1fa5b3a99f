using System.Buffers;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>The places of one reply, filled from the top by one source after another. Items of a later source never go before those of an earlier one.</summary>
internal sealed class Slate : IDisposable
{
    private Place[] _places;

    public Slate(int limit)
    {
        Limit = limit;
        _places = ArrayPool<Place>.Shared.Rent(limit);
    }

    public int Limit { get; }

    public int Count { get; private set; }

    public int Free => Limit - Count;

    public ReadOnlySpan<Place> Places => _places.AsSpan(0, Count);

    /// <summary>What the sources of a fused model had in the scores; null where there is none, or nobody asks.</summary>
    public FusedShares? Shares { get; set; }

    public void Add(int row, float score, string source) => _places[Count++] = new Place(row, score, source);

    public void Dispose()
    {
        if (_places.Length > 0)
            ArrayPool<Place>.Shared.Return(_places, clearArray: true);
        _places = [];
    }

    /// <param name="Row">Row of the item.</param>
    /// <param name="Score">Its score by the source.</param>
    /// <param name="Source">One of <see cref="Sources"/>.</param>
    public readonly record struct Place(int Row, float Score, string Source);
}
