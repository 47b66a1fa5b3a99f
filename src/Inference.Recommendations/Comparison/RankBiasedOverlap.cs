namespace Inference.Recommendations.Comparison;

/// <summary>
/// Rank-biased overlap, extrapolated (RBO_EXT): how much two rankings agree where the reader who goes on to the next place with probability p looks. Webber, Moffat and Zobel: A similarity
/// measure for indefinite rankings, ACM Transactions on Information Systems 28(4), 2010, equation 32, which also takes slates of unequal length.
/// <list type="number">
/// <item>X_d: items that are among the first d of both; s and l: length of the shorter and of the longer slate</item>
/// <item>the seen part: (1−p)/p · [Σ_{d=1..l} X_d/d · p^d + Σ_{d=s+1..l} X_s (d−s)/(s d) · p^d]</item>
/// <item>the rest as if the agreement went on: [(X_l − X_s)/l + X_s/s] · p^l</item>
/// </list>
/// In [0, 1]: 1 for the same slates, 0 for slates without a common item. Differences at the head weigh most.
/// </summary>
public sealed class RankBiasedOverlap
{
    /// <summary>With p = 0.9 the first ten places carry 86 % of the weight, and the expected reader looks at ten items.</summary>
    public const double DefaultPersistence = 0.9;

    private readonly double _p;
    private int[] _agreements = new int[64];

    /// <param name="persistence">p, the probability of going on to the next place, in (0, 1).</param>
    public RankBiasedOverlap(double persistence = DefaultPersistence)
    {
        if (!(persistence > 0 && persistence < 1))
            throw new ArgumentOutOfRangeException(nameof(persistence), persistence, "The persistence is a probability in (0, 1).");
        _p = persistence;
    }

    /// <summary>RBO_EXT of two slates; two empty ones agree, an empty one agrees with no other. Not safe for concurrent use.</summary>
    public double Of(SlateAlignment alignment)
    {
        int s = Math.Min(alignment.CountA, alignment.CountB), l = Math.Max(alignment.CountA, alignment.CountB);
        if (s == 0)
            return l == 0 ? 1 : 0;
        ReadOnlySpan<int> newly = NewlyAgreed(alignment, l);
        double seen = 0, weight = 1;
        int x = 0, xs = 0;
        for (int d = 1; d <= l; d++)
        {
            x += newly[d - 1];
            if (d == s)
                xs = x;
            weight *= _p;
            seen += (double)x / d * weight;
            if (d > s)
                seen += (double)xs * (d - s) / ((double)s * d) * weight;
        }

        double rest = (((double)(x - xs) / l) + ((double)xs / s)) * weight;
        // Rounding may leave 1 + 1e-16.
        return Math.Clamp(((1 - _p) / _p * seen) + rest, 0, 1);
    }

    /// <summary>By depth, from 0: how many items are among the first d + 1 of both slates and were not among the first d.</summary>
    private ReadOnlySpan<int> NewlyAgreed(SlateAlignment alignment, int depth)
    {
        if (_agreements.Length < depth)
            _agreements = new int[Math.Max(depth, _agreements.Length * 2)];
        Span<int> newly = _agreements.AsSpan(0, depth);
        newly.Clear();
        ReadOnlySpan<int> places = alignment.PlaceInB;
        for (int place = 0; place < places.Length; place++)
        {
            if (places[place] >= 0)
                newly[Math.Max(place, places[place])]++;
        }

        return newly;
    }
}
