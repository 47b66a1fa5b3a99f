namespace UnitTests.Recommendations.Comparison;

/// <summary>Pairs of slates, and the figures worked out from their definitions, one pair of items at a time.</summary>
internal static class Slates
{
    /// <summary>Two slates of 0 to <paramref name="most"/> items, which have anything from all to nothing in common.</summary>
    public static (string[] A, string[] B) Random(Random random, int most)
    {
        int items = 1 + random.Next(3 * most);
        return (One(), One());

        string[] One()
        {
            int[] all = [.. Enumerable.Range(0, items)];
            random.Shuffle(all);
            return [.. all.Take(random.Next(Math.Min(items, most) + 1)).Select(i => $"i{i}")];
        }
    }

    public static double OverlapAt(string[] a, string[] b, int k)
    {
        int depth = Math.Min(k, Math.Max(a.Length, b.Length));
        return depth == 0 ? 1 : (double)a.Take(k).Intersect(b.Take(k)).Count() / depth;
    }

    public static double Jaccard(string[] a, string[] b) => a.Union(b).Any() ? (double)a.Intersect(b).Count() / a.Union(b).Count() : 1;

    /// <summary>Kendall (1945): concordant less discordant pairs over the root of the pairs that each side puts in order.</summary>
    public static double KendallTauB(string[] a, string[] b)
    {
        string[] union = [.. a.Union(b)];
        int[] inA = [.. union.Select(id => PlaceOf(a, id))], inB = [.. union.Select(id => PlaceOf(b, id))];
        long agree = 0, orderedA = 0, orderedB = 0;
        for (int i = 0; i < union.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                int x = Math.Sign(inA[i] - inA[j]), y = Math.Sign(inB[i] - inB[j]);
                agree += x * y;
                orderedA += x * x;
                orderedB += y * y;
            }
        }

        return orderedA == 0 || orderedB == 0 ? double.NaN : agree / Math.Sqrt((double)orderedA * orderedB);
    }

    /// <summary>Webber, Moffat and Zobel (2010), equation 32, with every agreement counted anew.</summary>
    public static double Rbo(string[] a, string[] b, double p)
    {
        (string[] shorter, string[] longer) = a.Length <= b.Length ? (a, b) : (b, a);
        int s = shorter.Length, l = longer.Length;
        if (s == 0)
            return l == 0 ? 1 : 0;
        double sum = 0;
        for (int d = 1; d <= l; d++)
        {
            sum += (double)Agreed(d) / d * Math.Pow(p, d);
            if (d > s)
                sum += (double)Agreed(s) * (d - s) / (s * (double)d) * Math.Pow(p, d);
        }

        return ((1 - p) / p * sum) + ((((double)(Agreed(l) - Agreed(s)) / l) + ((double)Agreed(s) / s)) * Math.Pow(p, l));

        int Agreed(int depth) => shorter.Take(depth).Intersect(longer.Take(depth)).Count();
    }

    private static int PlaceOf(string[] slate, string id) => Array.IndexOf(slate, id) is var place and >= 0 ? place : slate.Length;
}
