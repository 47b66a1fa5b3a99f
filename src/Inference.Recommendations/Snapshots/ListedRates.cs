using System.Runtime.InteropServices;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// The lists of cluster profiles, by item: the rows that any of them lists are numbered, ascending, and each of these places knows which clusters list it and with what rate. So one item is scored without reading the lists, and the lists are added up in an
/// array as long as they are, whatever the size of the catalogue. Immutable.
/// </summary>
internal sealed class ListedRates
{
    private readonly Dictionary<int, int> _placeOf;
    private readonly int[] _rows;
    private readonly int[] _starts;
    private readonly ClusterRate[] _rates;
    private readonly int[][] _placesOf;

    public ListedRates(IReadOnlyList<ClusterProfile> profiles)
    {
        _rows = [.. profiles.SelectMany(profile => MemoryMarshal.ToEnumerable(profile.Top)).Select(item => item.Row).Distinct().Order()];
        _placeOf = new Dictionary<int, int>(_rows.Length);
        for (int place = 0; place < _rows.Length; place++)
            _placeOf.Add(_rows[place], place);
        _placesOf = [.. profiles.Select(profile => MemoryMarshal.ToEnumerable(profile.Top).Select(item => _placeOf[item.Row]).ToArray())];
        (_starts, _rates) = ByPlace(profiles);
    }

    /// <summary>The rows that any cluster lists, ascending; a row's place is its index.</summary>
    public ReadOnlySpan<int> Rows => _rows;

    /// <summary>The place of a row; false where no cluster lists it.</summary>
    public bool TryGetPlace(int row, out int place) => _placeOf.TryGetValue(row, out place);

    /// <summary>The places of what a cluster lists, in the order of <see cref="ClusterProfile.Top"/>.</summary>
    public ReadOnlySpan<int> PlacesOf(int cluster) => _placesOf[cluster];

    /// <summary>Which clusters list the row of a place, and with what rates; ascending by cluster.</summary>
    public ReadOnlySpan<ClusterRate> RatesAt(int place) => _rates.AsSpan(_starts[place].._starts[place + 1]);

    /// <summary>Sorted by counting: where each place begins, and its rates.</summary>
    private (int[] Starts, ClusterRate[] Rates) ByPlace(IReadOnlyList<ClusterProfile> profiles)
    {
        var starts = new int[_rows.Length + 1];
        foreach (int place in _placesOf.SelectMany(places => places))
            starts[place + 1]++;
        for (int place = 0; place < _rows.Length; place++)
            starts[place + 1] += starts[place];
        int[] next = [.. starts];
        var rates = new ClusterRate[starts[^1]];
        for (int c = 0; c < profiles.Count; c++)
        {
            ReadOnlySpan<ScoredRow> top = profiles[c].Top.Span;
            for (int i = 0; i < top.Length; i++)
                rates[next[_placesOf[c][i]]++] = new ClusterRate(c, top[i].Rate);
        }

        return (starts, rates);
    }

    /// <summary>What one cluster says of an item.</summary>
    /// <param name="Cluster">Its number.</param>
    /// <param name="Rate">r(i|c), in [0, 1].</param>
    public readonly record struct ClusterRate(int Cluster, float Rate);
}
