using System.Diagnostics;

namespace Inference.Vectors.Tuning;

/// <summary>Measures recall and time of an index on a sample, and finds the width a graph needs.</summary>
internal static class Tuner
{
    /// <summary>The largest width that is tried, in results that are wanted.</summary>
    private const int MostWidths = 400;

    /// <summary>Scores that differ by less, relative to the larger one, count as equal.</summary>
    private const float Tolerance = 1e-6f;

    /// <summary>Times an exact index.</summary>
    public static void Measure(VectorIndex index, TuningSample sample, IndexOptions options)
    {
        if (sample.Count > 0)
            index.Tuning = new IndexTuning(0, 1, options.TargetRecall, options.Wanted, sample.Count, Time(index, sample, options.Wanted, 0));
    }

    /// <summary>Finds the smallest width that reaches the wanted recall, and notes what it gives.</summary>
    public static void Tune(VectorIndex index, VectorIndex exact, TuningSample sample, IndexOptions options, CancellationToken cancellationToken)
    {
        var exactFound = new int[sample.Count];
        float[] worst = Truth(exact, sample, options.Wanted, exactFound);
        var results = new Neighbor[options.Wanted];
        int low = 0, high = Math.Max(options.Wanted, 8), most = (int)Math.Min((long)MostWidths * options.Wanted, int.MaxValue);
        double recall = Recall(index, exact, sample, worst, exactFound, results, high, cancellationToken);
        while (recall < options.TargetRecall && high < most)
        {
            low = high;
            high = (int)Math.Min(most, 2L * high);
            recall = Recall(index, exact, sample, worst, exactFound, results, high, cancellationToken);
        }
        // To within an eighth: the sample says no more.
        while (recall >= options.TargetRecall && high - low > Math.Max(1, high / 8) && low > 0)
        {
            int middle = (low + high) / 2;
            double reached = Recall(index, exact, sample, worst, exactFound, results, middle, cancellationToken);
            if (reached >= options.TargetRecall)
                (high, recall) = (middle, reached);
            else
                low = middle;
        }
        index.Tuning = new IndexTuning(high, recall, options.TargetRecall, options.Wanted, sample.Count, Time(index, sample, options.Wanted, high));
    }

    /// <summary>The score of the last of the true best rows of each query; NaN where there are none.</summary>
    private static float[] Truth(VectorIndex exact, TuningSample sample, int wanted, int[] exactFound)
    {
        var worst = new float[sample.Count];
        var results = new Neighbor[wanted];
        for (int i = 0; i < worst.Length; i++)
        {
            int found = exact.Search(sample[i], results);
            exactFound[i] = found;
            worst[i] = found > 0 ? results[found - 1].Score : float.NaN;
        }
        return worst;
    }

    /// <summary>Share of the true best that is found: a row counts if its true score is as good as that of the last of them.</summary>
    private static double Recall(VectorIndex index, VectorIndex exact, TuningSample sample, float[] worst, int[] exactFound, Neighbor[] results, int width, CancellationToken cancellationToken)
    {
        long hits = 0, possible = 0;
        for (int i = 0; i < sample.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int found = index.Search(sample[i], results, width: width);
            possible += exactFound[i];
            float bound = worst[i] - Tolerance * Math.Max(Math.Abs(worst[i]), 1e-6f);
            foreach (Neighbor neighbor in results.AsSpan(0, found))
                hits += exact.Score(sample[i], neighbor.Row) >= bound ? 1 : 0;
        }
        return possible == 0 ? 1 : (double)hits / possible;
    }

    private static TimeSpan Time(VectorIndex index, TuningSample sample, int wanted, int width)
    {
        var results = new Neighbor[wanted];
        var times = new long[sample.Count];
        // The first round warms caches and compiles.
        for (int round = 0; round < 2; round++)
        {
            for (int i = 0; i < times.Length; i++)
            {
                long start = Stopwatch.GetTimestamp();
                index.Search(sample[i], results, width: width);
                times[i] = Stopwatch.GetTimestamp() - start;
            }
        }
        Array.Sort(times);
        return Stopwatch.GetElapsedTime(0, times[times.Length / 2]);
    }
}
