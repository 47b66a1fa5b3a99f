using System.Globalization;

namespace Inference.Training.Features;

/// <summary>Buckets of about equal size; a number that equals a boundary lies below it.</summary>
internal static class QuantileBuckets
{
    /// <summary>Ascending boundaries, n for n + 1 buckets.</summary>
    /// <param name="numbers">The numbers, in any order; sorted by the call.</param>
    /// <param name="mostBuckets">At most so many buckets.</param>
    /// <param name="fewestPerBucket">Each bucket holds at least so many of the numbers.</param>
    /// <returns>None when the numbers do not make two buckets.</returns>
    public static double[] Boundaries(double[] numbers, int mostBuckets, int fewestPerBucket)
    {
        Array.Sort(numbers);
        var boundaries = new List<double>();
        int below = 0;
        for (int part = 1; part < mostBuckets; part++)
        {
            int place = (int)((long)numbers.Length * part / mostBuckets) - 1;
            if (place < below)
                continue;
            double boundary = numbers[place];
            int until = place + 1;
            while (until < numbers.Length && numbers[until] == boundary)
                until++;
            if (until - below < fewestPerBucket)
                continue;
            if (numbers.Length - until < Math.Max(1, fewestPerBucket))
                break;
            boundaries.Add(boundary);
            below = until;
        }

        return [.. boundaries];
    }

    /// <summary>Names of the buckets: "≤ 1", "1 … 2", "&gt; 2".</summary>
    public static string[] Names(ReadOnlySpan<double> boundaries)
    {
        var names = new string[boundaries.Length + 1];
        for (int i = 0; i < names.Length; i++)
        {
            string low = i == 0 ? "" : boundaries[i - 1].ToString("R", CultureInfo.InvariantCulture);
            string high = i == boundaries.Length ? "" : boundaries[i].ToString("R", CultureInfo.InvariantCulture);
            names[i] = i == 0 ? $"≤ {high}" : i == boundaries.Length ? $"> {low}" : $"{low} … {high}";
        }

        return names;
    }
}
