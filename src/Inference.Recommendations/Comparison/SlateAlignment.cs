using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Comparison;

/// <summary>
/// Where each item of one slate stands in another. Everything that is compared of two slates is read from this, so ids are looked up once. Scores play no part: those of two models
/// are not on one scale.
/// </summary>
/// <remarks>Reused from pair to pair, so that a warm one allocates nothing; one thread at a time.</remarks>
public sealed class SlateAlignment
{
    /// <summary>Up to this many items looking through the other slate is faster than hashing it.</summary>
    private const int Few = 16;

    private readonly Dictionary<string, int> _places = new(StringComparer.Ordinal);
    private int[] _placeInB = new int[64];

    /// <summary>Items of the first slate.</summary>
    public int CountA { get; private set; }

    /// <summary>Items of the second slate.</summary>
    public int CountB { get; private set; }

    /// <summary>Items of both.</summary>
    public int Common { get; private set; }

    /// <summary>By place in the first slate, from 0: the item's place in the second; −1 where the second has not got it.</summary>
    public ReadOnlySpan<int> PlaceInB => _placeInB.AsSpan(0, CountA);

    /// <summary>Looks the items of two slates up in each other. Neither holds an item twice.</summary>
    public void Align(IReadOnlyList<RecommendedItem> a, IReadOnlyList<RecommendedItem> b) => Align(a, b, static (items, place) => items[place].ItemId);

    /// <summary>Looks two lists of ids up in each other. Neither holds an id twice.</summary>
    public void Align(IReadOnlyList<string> a, IReadOnlyList<string> b) => Align(a, b, static (ids, place) => ids[place]);

    private void Align<T>(IReadOnlyList<T> a, IReadOnlyList<T> b, Func<IReadOnlyList<T>, int, string> idOf)
    {
        if (_placeInB.Length < a.Count)
            _placeInB = new int[Math.Max(a.Count, _placeInB.Length * 2)];
        (CountA, CountB, Common) = (a.Count, b.Count, 0);
        bool isHashed = b.Count > Few;
        if (isHashed)
        {
            _places.Clear();
            for (int place = 0; place < b.Count; place++)
                _places.TryAdd(idOf(b, place), place);
        }

        for (int place = 0; place < a.Count; place++)
        {
            string id = idOf(a, place);
            int there = isHashed ? _places.GetValueOrDefault(id, -1) : Find(b, id, idOf);
            _placeInB[place] = there;
            Common += there >= 0 ? 1 : 0;
        }
    }

    private static int Find<T>(IReadOnlyList<T> list, string id, Func<IReadOnlyList<T>, int, string> idOf)
    {
        for (int place = 0; place < list.Count; place++)
        {
            if (string.Equals(idOf(list, place), id, StringComparison.Ordinal))
                return place;
        }

        return -1;
    }
}
