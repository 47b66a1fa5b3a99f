using System.Diagnostics;
using System.Numerics;
using System.Runtime.InteropServices;

namespace Inference.Training.Evaluation;

/// <summary>Orders candidates by score, descending, and by item index, ascending, where scores are equal.</summary>
internal static class RankedTop
{
    /// <summary>The first candidates of the full ranking, in order, without sorting the others.</summary>
    /// <param name="scores">By item index; no NaN.</param>
    /// <param name="candidates">What is ranked.</param>
    /// <param name="topScores">Scratch as long as <paramref name="topItems"/>.</param>
    /// <param name="topItems">Receives item indexes, best first.</param>
    /// <returns>How many there are: fewer than asked for when there are fewer candidates.</returns>
    public static int Select(ReadOnlySpan<double> scores, CandidateItems candidates, Span<double> topScores, Span<int> topItems)
    {
        Debug.Assert(topScores.Length >= topItems.Length && scores.Length >= candidates.ScoreLength);
        int count = 0;
        foreach ((int start, int end) in candidates.Ranges)
        {
            int i = start;
            while (i < end && count < topItems.Length)
            {
                Insert(scores[i], i, topScores, topItems, count++);
                i++;
            }

            // From here on an item must be better than the last one; one that is equal stands behind it, for its index is higher.
            while (i < end)
            {
                if (Vector.IsHardwareAccelerated && end - i >= Vector<double>.Count && !Vector.GreaterThanAny(new Vector<double>(scores[i..]), new Vector<double>(topScores[count - 1])))
                {
                    i += Vector<double>.Count;
                    continue;
                }

                int stop = Math.Min(end, i + Vector<double>.Count);
                for (; i < stop; i++)
                {
                    if (scores[i] > topScores[count - 1])
                        Insert(scores[i], i, topScores, topItems, count - 1);
                }
            }
        }

        return count;
    }

    /// <summary>Number of candidates that rank before an item.</summary>
    public static int CountBefore(ReadOnlySpan<double> scores, CandidateItems candidates, int item)
    {
        double score = scores[item];
        int before = 0;
        foreach ((int start, int end) in candidates.Ranges)
        {
            int equalUntil = Math.Clamp(item, start, end);
            before += Count<AtLeast>(scores[start..equalUntil], score) + Count<Above>(scores[equalUntil..end], score);
        }

        return before;
    }

    /// <summary>Whether all scores are numbers that can be ordered.</summary>
    public static bool AreFinite(ReadOnlySpan<double> scores)
    {
        // x · 0 is 0 for finite numbers and NaN for others; a sum keeps a NaN.
        ReadOnlySpan<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(scores);
        var sum = Vector<double>.Zero;
        foreach (Vector<double> vector in vectors)
            sum += vector * Vector<double>.Zero;
        double rest = Vector.Sum(sum);
        foreach (double score in scores[(vectors.Length * Vector<double>.Count)..])
            rest += score * 0;
        return rest == 0;
    }

    private static void Insert(double score, int item, Span<double> topScores, Span<int> topItems, int free)
    {
        int place = free;
        while (place > 0 && topScores[place - 1] < score)
        {
            topScores[place] = topScores[place - 1];
            topItems[place] = topItems[place - 1];
            place--;
        }

        topScores[place] = score;
        topItems[place] = item;
    }

    private static int Count<TComparison>(ReadOnlySpan<double> scores, double bound)
        where TComparison : struct, IComparison
    {
        ReadOnlySpan<Vector<double>> vectors = MemoryMarshal.Cast<double, Vector<double>>(scores);
        var bounds = new Vector<double>(bound);
        var found = Vector<long>.Zero;
        foreach (Vector<double> vector in vectors)
            found -= TComparison.Compare(vector, bounds); // true is −1
        int count = (int)Vector.Sum(found);
        foreach (double score in scores[(vectors.Length * Vector<double>.Count)..])
            count += TComparison.Compare(score, bound) ? 1 : 0;
        return count;
    }

    private interface IComparison
    {
        static abstract Vector<long> Compare(Vector<double> scores, Vector<double> bound);

        static abstract bool Compare(double score, double bound);
    }

    private readonly struct Above : IComparison
    {
        public static Vector<long> Compare(Vector<double> scores, Vector<double> bound) => Vector.GreaterThan(scores, bound);

        public static bool Compare(double score, double bound) => score > bound;
    }

    private readonly struct AtLeast : IComparison
    {
        public static Vector<long> Compare(Vector<double> scores, Vector<double> bound) => Vector.GreaterThanOrEqual(scores, bound);

        public static bool Compare(double score, double bound) => score >= bound;
    }
}
