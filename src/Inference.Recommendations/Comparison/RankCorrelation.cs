namespace Inference.Recommendations.Comparison;

/// <summary>
/// Kendall's τ-b of two slates over the union of their items: of the pairs that both slates put in order, how many more they put in the same one. An item that one slate lacks stands behind all
/// that it has, and those that it lacks are tied there, since nothing is known of their order (the bottom place of Fagin, Kumar and Sivakumar: Comparing top k lists, SIAM Journal on Discrete
/// Mathematics 17(1), 2003).
/// <list type="number">
/// <item>each item of the union has a place in A and in B, which is |A| or |B| where it is missing</item>
/// <item>n₀ = n(n−1)/2 pairs, of which n₁ are tied in A and n₂ in B, n₃ in both; D are in opposite order</item>
/// <item>τ_b = (n₀ − n₁ − n₂ + n₃ − 2D) / √((n₀ − n₁)(n₀ − n₂)) (Kendall, Biometrika 33(3), 1945); D by merge sort in O(n log n) (Knight, Journal of the American Statistical Association 61, 1966)</item>
/// </list>
/// 1 for the same slates; −1 for the reverse order; −2k/(3k−1), about −2/3, for two slates of k without a common item. NaN where a slate orders nothing: it is empty, or both hold the same one item.
/// </summary>
public sealed class RankCorrelation
{
    private int[] _places = new int[128];
    private int[] _merged = new int[128];
    private bool[] _isCommon = new bool[64];

    /// <summary>τ-b of two slates, in [−1, 1], or NaN. Not safe for concurrent use.</summary>
    public double Of(SlateAlignment alignment)
    {
        int a = alignment.CountA, b = alignment.CountB, onlyA = a - alignment.Common, onlyB = b - alignment.Common;
        long pairs = Pairs(a + onlyB), inOrderA = pairs - Pairs(onlyB), inOrderB = pairs - Pairs(onlyA);
        if (inOrderA == 0 || inOrderB == 0)
            return double.NaN;
        // No pair is tied in both: an item of the union is in at least one slate.
        long inOrderBoth = pairs - Pairs(onlyA) - Pairs(onlyB);
        long discordant = Inversions(PlacesInB(alignment, b, onlyB));
        return (inOrderBoth - (2.0 * discordant)) / Math.Sqrt((double)inOrderA * inOrderB);
    }

    /// <summary>Places in B in the order of A; items that A lacks come last, by their place in B, so that a tie in A is no inversion.</summary>
    private Span<int> PlacesInB(SlateAlignment alignment, int b, int onlyB)
    {
        ReadOnlySpan<int> places = alignment.PlaceInB;
        int count = places.Length + onlyB;
        if (_places.Length < count)
        {
            _places = new int[Math.Max(count, _places.Length * 2)];
            _merged = new int[_places.Length];
        }

        if (_isCommon.Length < b)
            _isCommon = new bool[Math.Max(b, _isCommon.Length * 2)];
        Span<bool> isCommon = _isCommon.AsSpan(0, b);
        isCommon.Clear();
        for (int i = 0; i < places.Length; i++)
        {
            // Missing ones share the place behind the last, and equal places are no inversion.
            _places[i] = places[i] < 0 ? b : places[i];
            if (places[i] >= 0)
                isCommon[places[i]] = true;
        }

        int next = places.Length;
        for (int place = 0; place < b; place++)
        {
            if (!isCommon[place])
                _places[next++] = place;
        }

        return _places.AsSpan(0, count);
    }

    /// <summary>How many pairs stand in descending order; sorts the numbers.</summary>
    private long Inversions(Span<int> numbers)
    {
        long inversions = 0;
        Span<int> from = numbers, to = _merged.AsSpan(0, numbers.Length);
        for (int width = 1; width < numbers.Length; width *= 2)
        {
            for (int start = 0; start < from.Length; start += 2 * width)
                inversions += Merge(from, to, start, Math.Min(start + width, from.Length), Math.Min(start + (2 * width), from.Length));
            Span<int> sorted = to;
            to = from;
            from = sorted;
        }

        return inversions;
    }

    private static long Merge(ReadOnlySpan<int> from, Span<int> to, int start, int middle, int end)
    {
        long inversions = 0;
        int left = start, right = middle;
        for (int i = start; i < end; i++)
        {
            if (left < middle && (right >= end || from[left] <= from[right]))
            {
                to[i] = from[left++];
            }
            else
            {
                inversions += middle - left;
                to[i] = from[right++];
            }
        }

        return inversions;
    }

    private static long Pairs(long n) => n * (n - 1) / 2;
}
