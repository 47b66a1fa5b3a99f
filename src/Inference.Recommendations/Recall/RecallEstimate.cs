using System.Globalization;

namespace Inference.Recommendations.Recall;

/// <summary>The share of the true best items that searches found, from a sample of them.</summary>
/// <remarks>
/// <list type="number">
/// <item>A search is drawn with all its wanted items, so searches are the units and items are not independent: the recall is a ratio of sums, R = Σh ∕ Σk, and its variance that of the ratio
/// estimator, n ∕ (n − 1) · Σ(h − R·k)² ∕ (Σk)² (Cochran, "Sampling techniques", 1977, chapter 6).</item>
/// <item>That variance is the one of R·(1 − R) ∕ variance independent items, which is the size of the sample that counts: not more than Σk, and shrunk by (z ∕ t)² as the variance is an estimate
/// itself (Korn and Graubard, 1998). Where nothing varies there are no more than n.</item>
/// <item>With that size the interval is Wilson's (1927), which stays within 0 and 1 and has a width where all was found.</item>
/// </list>
/// </remarks>
/// <param name="Samples">Searches.</param>
/// <param name="Wanted">Items that they should have found.</param>
/// <param name="Hits">Items of these that they found.</param>
/// <param name="Recall">Hits by Wanted; NaN without samples.</param>
/// <param name="Lower">Lower end of the 95 % interval; 0 without samples.</param>
/// <param name="Upper">Upper end; 1 without samples.</param>
public readonly record struct RecallEstimate(int Samples, long Wanted, long Hits, double Recall, double Lower, double Upper)
{
    private const double Z = 1.959963984540054;

    /// <summary>Of no searches.</summary>
    public static RecallEstimate Nothing => new(0, 0, 0, double.NaN, 0, 1);

    /// <summary>For people: the figure and its interval.</summary>
    public override string ToString() => Samples == 0
        ? "unknown"
        : string.Create(CultureInfo.InvariantCulture, $"{Recall:0.000} ({Lower:0.000} to {Upper:0.000}, {Samples} searches)");

    /// <summary>Adds up and estimates.</summary>
    internal struct Sums
    {
        private int _samples;
        private long _wanted, _hits;
        private double _hitsSquared, _products, _wantedSquared;

        public void Add(int wanted, int hits)
        {
            _samples++;
            _wanted += wanted;
            _hits += hits;
            _hitsSquared += (double)hits * hits;
            _products += (double)hits * wanted;
            _wantedSquared += (double)wanted * wanted;
        }

        public readonly RecallEstimate Estimate()
        {
            if (_samples == 0 || _wanted == 0)
                return Nothing;
            double recall = (double)_hits / _wanted, size = SizeAt(recall);
            double squared = Z * Z / size, middle = (recall + (squared / 2)) / (1 + squared);
            double half = Z / (1 + squared) * Math.Sqrt((recall * (1 - recall) / size) + (squared / (4 * size)));
            return new RecallEstimate(_samples, _wanted, _hits, recall, recall <= 0 ? 0 : Math.Max(0, middle - half), recall >= 1 ? 1 : Math.Min(1, middle + half));
        }

        /// <summary>Independent items that say as much.</summary>
        private readonly double SizeAt(double recall)
        {
            if (_samples < 2)
                return 1;
            double squares = _hitsSquared - (2 * recall * _products) + (recall * recall * _wantedSquared);
            double variance = (double)_samples / (_samples - 1) * squares / ((double)_wanted * _wanted);
            // All was found, or all searches found the same share.
            if (!(recall is > 0 and < 1) || !(variance > 1e-15))
                return _samples;
            double shrink = Z / StudentT(_samples - 1);
            return Math.Max(1, Math.Min(recall * (1 - recall) / variance, _wanted) * shrink * shrink);
        }

        /// <summary>The 0.975 quantile of Student's t: the expansion of Abramowitz and Stegun, 26.7.5; for one and two degrees of freedom the formulas.</summary>
        private static double StudentT(int freedom)
        {
            switch (freedom)
            {
                case 1:
                    return 12.7062;
                case 2:
                    return 4.3027;
            }

            double z3 = Z * Z * Z, z5 = z3 * Z * Z, z7 = z5 * Z * Z;
            double n = freedom;
            return Z + ((z3 + Z) / (4 * n)) + (((5 * z5) + (16 * z3) + (3 * Z)) / (96 * n * n)) + (((3 * z7) + (19 * z5) + (17 * z3) - (15 * Z)) / (384 * n * n * n));
        }
    }
}
