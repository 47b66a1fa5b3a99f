using System.Buffers;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// The mixture of cluster profiles, <c>score(i) = Σ_c w_c r(i|c)</c>, of one snapshot.
/// <list type="number">
/// <item>An item that cluster c does not list has the rate s_c p_i there, so the score is p_i Σ_c w_c s_c + Σ w_c (r(i|c) − s_c p_i), the second sum over the clusters that list it.</item>
/// <item>Beyond what is listed at all the score is in the order of popularity, so only its head can be among the best.</item>
/// <item>Where few rows may be shown, or some rows are asked for, they are scored one by one; else the head of the mixture is read (<see cref="ProfileHeads"/>); where that is too short, the lists are added up.</item>
/// </list>
/// All three give the same scores, bit for bit. Safe for concurrent use.
/// </summary>
internal sealed class ProfileMixture(ClusterProfiles profiles)
{
    /// <summary>Clusters below this weight cannot change the order of the slate's head and are left out of the sum.</summary>
    private const float NegligibleWeight = 1e-3f;

    /// <summary>Eligible rows up to which they are read one by one, instead of looking for them among all that are listed.</summary>
    private const int FewRows = 1_024;

    private readonly ListedRates _listed = new([.. Enumerable.Range(0, profiles.Count).Select(cluster => profiles[cluster])]);
    private readonly ProfileHeads _heads = new();
    private ListedPopularity? _popularity;

    /// <summary>Writes the eligible items with the highest scores, highest first, ties by row.</summary>
    /// <param name="popularity">p, of today.</param>
    /// <param name="weights">w, one per cluster.</param>
    /// <param name="eligible">What may be shown.</param>
    /// <param name="found">Room for the items.</param>
    /// <returns>How many there are: fewer than there is room for only where fewer may be shown.</returns>
    public int Find(Popularity popularity, ReadOnlySpan<float> weights, Eligibility eligible, Span<ScoredRow> found)
    {
        if (found.IsEmpty)
            return 0;
        Span<int> few = stackalloc int[FewRows];
        if (eligible.CopyFew(few) is >= 0 and var count)
            return BestOf(popularity, weights, few[..count], found);
        return TryReadHead(popularity, weights, eligible, found) ? found.Length : AddUp(popularity, weights, eligible, found);
    }

    /// <summary>Writes the scores of some rows.</summary>
    public void Score(Popularity popularity, ReadOnlySpan<float> weights, ReadOnlySpan<int> rows, Span<float> scores)
    {
        float rest = RestOf(weights);
        for (int i = 0; i < rows.Length; i++)
            scores[i] = ScoreOf(rows[i], popularity.RateOf(rows[i]), weights, rest);
    }

    /// <summary>Reads the best items of the whole catalogue, which are made where nobody asked for this mixture yet, and passes over those that may not be shown.</summary>
    /// <returns>Whether enough of them may be shown.</returns>
    private bool TryReadHead(Popularity popularity, ReadOnlySpan<float> weights, Eligibility eligible, Span<ScoredRow> found)
    {
        if (found.Length > ProfileHeads.Depth)
            return false;
        if (!_heads.TryGet(popularity, weights, out ReadOnlySpan<ScoredRow> head))
        {
            var made = new ScoredRow[ProfileHeads.Depth];
            Array.Resize(ref made, AddUp(popularity, weights, eligible: null, made));
            _heads.Add(popularity, weights, made);
            head = made;
        }

        int count = 0;
        foreach (ScoredRow item in head)
        {
            if (count == found.Length)
                break;
            if (eligible.Allows(item.Row))
                found[count++] = item;
        }

        return count == found.Length;
    }

    /// <summary>Adds up the lists.</summary>
    /// <param name="eligible">What is found; null for all rows.</param>
    private int AddUp(Popularity popularity, ReadOnlySpan<float> weights, Eligibility? eligible, Span<ScoredRow> found)
    {
        ReadOnlySpan<int> rows = _listed.Rows;
        ReadOnlySpan<float> rates = RatesOfListed(popularity);
        float[] rentedSums = ArrayPool<float>.Shared.Rent(rows.Length);
        ulong[] rentedKeys = ArrayPool<ulong>.Shared.Rent(found.Length);
        Span<float> sums = rentedSums.AsSpan(0, rows.Length);
        var best = new BestRows(rentedKeys.AsSpan(0, found.Length));

        // :: Step 1 the lists
        sums.Clear();
        for (int c = 0; c < weights.Length; c++)
        {
            if (weights[c] >= NegligibleWeight)
                AddList(c, weights[c], rates, sums);
        }

        // :: Step 2 the best of what is listed
        float rest = RestOf(weights);
        for (int place = 0; place < sums.Length; place++)
        {
            float score = sums[place] + (rest * rates[place]);
            if (score >= best.Threshold && (eligible is null || eligible.Allows(rows[place])))
                best.Offer(rows[place], score);
        }

        // :: Step 3 the head of the others
        int others = 0;
        foreach (ScoredRow item in popularity.Ranked)
        {
            if (others == found.Length || rest * item.Rate < best.Threshold)
                break;
            if (_listed.TryGetPlace(item.Row, out _) || eligible?.Allows(item.Row) == false)
                continue;
            best.Offer(item.Row, rest * item.Rate);
            others++;
        }

        int count = Write(best, found);
        ArrayPool<float>.Shared.Return(rentedSums);
        ArrayPool<ulong>.Shared.Return(rentedKeys);
        return count;
    }

    private void AddList(int cluster, float weight, ReadOnlySpan<float> rates, Span<float> sums)
    {
        ClusterProfile profile = profiles[cluster];
        ReadOnlySpan<ScoredRow> top = profile.Top.Span;
        ReadOnlySpan<int> places = _listed.PlacesOf(cluster);
        for (int i = 0; i < places.Length; i++)
            sums[places[i]] += weight * (top[i].Rate - (profile.RestScale * rates[places[i]]));
    }

    private int BestOf(Popularity popularity, ReadOnlySpan<float> weights, ReadOnlySpan<int> rows, Span<ScoredRow> found)
    {
        ulong[] rentedKeys = ArrayPool<ulong>.Shared.Rent(found.Length);
        var best = new BestRows(rentedKeys.AsSpan(0, found.Length));
        float rest = RestOf(weights);
        foreach (int row in rows)
            best.Offer(row, ScoreOf(row, popularity.RateOf(row), weights, rest));
        int count = Write(best, found);
        ArrayPool<ulong>.Shared.Return(rentedKeys);
        return count;
    }

    private float ScoreOf(int row, float rate, ReadOnlySpan<float> weights, float rest)
    {
        float sum = 0;
        if (_listed.TryGetPlace(row, out int place))
        {
            foreach (ListedRates.ClusterRate listed in _listed.RatesAt(place))
            {
                if (weights[listed.Cluster] >= NegligibleWeight)
                    sum += weights[listed.Cluster] * (listed.Rate - (profiles[listed.Cluster].RestScale * rate));
            }
        }

        return sum + (rest * rate);
    }

    /// <summary>Σ_c w_c s_c.</summary>
    private float RestOf(ReadOnlySpan<float> weights)
    {
        float rest = 0;
        for (int c = 0; c < weights.Length; c++)
        {
            if (weights[c] >= NegligibleWeight)
                rest += weights[c] * profiles[c].RestScale;
        }

        return rest;
    }

    /// <summary>p_i of all that is listed, by place.</summary>
    private float[] RatesOfListed(Popularity popularity)
    {
        ListedPopularity? known = Volatile.Read(ref _popularity);
        if (known?.Popularity != popularity)
        {
            var rates = new float[_listed.Rows.Length];
            for (int place = 0; place < rates.Length; place++)
                rates[place] = popularity.RateOf(_listed.Rows[place]);
            Volatile.Write(ref _popularity, known = new ListedPopularity(popularity, rates));
        }

        return known.Rates;
    }

    private static int Write(BestRows best, Span<ScoredRow> found)
    {
        ReadOnlySpan<ulong> sorted = best.Sorted();
        for (int i = 0; i < sorted.Length; i++)
            found[i] = new ScoredRow(BestRows.RowOf(sorted[i]), BestRows.ScoreOf(sorted[i]));
        return sorted.Length;
    }

    private sealed record ListedPopularity(Popularity Popularity, float[] Rates);
}
