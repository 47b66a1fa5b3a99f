using Inference.Training.Chance;

namespace Inference.Training.Clustering;

/// <summary>
/// Clusters vectors by direction (Dhillon and Modha, "Concept decompositions for large sparse text data using clustering", 2001).
/// <list type="number">
/// <item>Bring points to length 1; take a sample when there are very many.</item>
/// <item>Some times over: choose centroids far apart (k-means++, Arthur and Vassilvitskii, 2007), then in turn give each point to the centroid with the largest cosine
/// and make each centroid the mean direction of its points, until hardly anything moves. A cluster that runs empty gets the point that is served worst.</item>
/// <item>Keep the start with the largest mean cosine; give it all points.</item>
/// <item>Dissolve clusters that are too small, smallest first; their points go where they fit next best.</item>
/// </list>
/// The same points, options and seed give the same clusters, whatever the number of cores.
/// </summary>
public static class SphericalKMeans
{
    /// <summary>A start has settled when no more than one in so many points changes its cluster; the last few would cost most of the time and change nothing.</summary>
    private const int SettledShare = 1000;

    /// <param name="points">Count × <paramref name="dimension"/>, row-major; finite; at least one point.</param>
    /// <param name="dimension">Components per point.</param>
    /// <param name="options">How to cluster.</param>
    /// <param name="cancellationToken">Stops between rounds.</param>
    public static KMeansClusters Fit(ReadOnlySpan<float> points, int dimension, KMeansOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Clusters, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Clusters, 4096);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Starts, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxIterations, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.SampleSize, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MinimumSize, 1);
        if (points.IsEmpty)
            throw new ArgumentException("At least one point is needed.", nameof(points));

        using UnitPoints all = UnitPoints.Of(points, dimension);
        using UnitPoints? picked = Sample(all, options);
        UnitPoints sample = picked ?? all;
        int clusters = Math.Clamp(sample.Count / options.MinimumSize, 1, options.Clusters);
        float[] best = [];
        double bestCosine = double.NegativeInfinity;
        for (int start = 0; start < options.Starts; start++)
        {
            var random = new SeededRandom(options.Seed, (ulong)start + 1);
            float[] centroids = ChooseApart(sample, clusters, ref random);
            double cosine = Iterate(sample, centroids, clusters, options.MaxIterations, cancellationToken);
            if (cosine > bestCosine)
                (best, bestCosine) = (centroids, cosine);
        }

        return Settle(all, best, clusters, options.MinimumSize, cancellationToken);
    }

    /// <summary>Null when there are few enough points to take them all.</summary>
    private static UnitPoints? Sample(UnitPoints all, KMeansOptions options)
    {
        if (all.Count <= options.SampleSize)
            return null;
        int[] order = new int[all.Count];
        for (int i = 0; i < order.Length; i++)
            order[i] = i;
        var random = new SeededRandom(options.Seed);
        random.Shuffle(order.AsSpan());
        return all.Pick(order[..options.SampleSize]);
    }

    /// <summary>k-means++: each next centroid is a point drawn by its squared distance, 2 − 2 cos, to the nearest one so far.</summary>
    private static float[] ChooseApart(UnitPoints points, int clusters, ref SeededRandom random)
    {
        int dimension = points.Dimension;
        float[] centroids = new float[clusters * dimension];
        points[random.NextInt(points.Count)].CopyTo(centroids);
        double[] distances = new double[points.Count];
        Array.Fill(distances, double.PositiveInfinity);
        int[] nearest = new int[points.Count];
        float[] cosines = new float[points.Count];
        for (int chosen = 1; chosen < clusters; chosen++)
        {
            points.Assign(centroids.AsMemory((chosen - 1) * dimension, dimension), nearest, cosines);
            double sum = 0;
            for (int point = 0; point < points.Count; point++)
            {
                distances[point] = Math.Min(distances[point], Math.Max(0, 2 - 2.0 * cosines[point]));
                sum += distances[point];
            }

            // When all points coincide with centroids any point will do.
            int next = sum > 0 ? Pick(distances, sum * random.NextDouble()) : random.NextInt(points.Count);
            points[next].CopyTo(centroids.AsSpan(chosen * dimension));
        }

        return centroids;
    }

    private static int Pick(double[] weights, double target)
    {
        int last = 0;
        for (int i = 0; i < weights.Length; i++)
        {
            if (weights[i] <= 0)
                continue;
            last = i;
            target -= weights[i];
            if (target < 0)
                return i;
        }

        return last;
    }

    private static double Iterate(UnitPoints points, float[] centroids, int clusters, int maxIterations, CancellationToken cancellationToken)
    {
        int[] nearest = new int[points.Count], before = new int[points.Count], sizes = new int[clusters];
        float[] cosines = new float[points.Count];
        Array.Fill(before, -1);
        for (int round = 0; round < maxIterations; round++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            points.Assign(centroids, nearest, cosines);
            if (Moved(nearest, before) <= points.Count / SettledShare)
                break;
            nearest.CopyTo(before, 0);
            points.Average(nearest, centroids, sizes);
            FillEmpty(points, centroids, sizes, cosines);
        }

        points.Assign(centroids, nearest, cosines);
        return Mean(cosines);
    }

    private static int Moved(int[] now, int[] before)
    {
        int moved = 0;
        for (int point = 0; point < now.Length; point++)
            moved += now[point] == before[point] ? 0 : 1;
        return moved;
    }

    private static void FillEmpty(UnitPoints points, float[] centroids, int[] sizes, float[] cosines)
    {
        for (int cluster = 0; cluster < sizes.Length; cluster++)
        {
            if (sizes[cluster] > 0)
                continue;
            int worst = 0;
            for (int point = 1; point < cosines.Length; point++)
            {
                if (cosines[point] < cosines[worst])
                    worst = point;
            }

            points[worst].CopyTo(centroids.AsSpan(cluster * points.Dimension));
            cosines[worst] = 1;
        }
    }

    private static KMeansClusters Settle(UnitPoints points, float[] centroids, int clusters, int minimumSize, CancellationToken cancellationToken)
    {
        int dimension = points.Dimension;
        int[] nearest = new int[points.Count];
        float[] cosines = new float[points.Count];
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int[] sizes = new int[clusters];
            points.Assign(centroids, nearest, cosines);
            points.Average(nearest, centroids, sizes);
            int smallest = Array.IndexOf(sizes, sizes.Min());
            if (clusters == 1 || sizes[smallest] >= minimumSize)
                return Ordered(centroids, nearest, sizes, Mean(cosines), dimension);
            centroids = [.. centroids.AsSpan(0, smallest * dimension), .. centroids.AsSpan((smallest + 1) * dimension)];
            clusters--;
        }
    }

    /// <summary>Numbers the clusters by size, so that the order does not hang on the start that won.</summary>
    private static KMeansClusters Ordered(float[] centroids, int[] nearest, int[] sizes, double meanCosine, int dimension)
    {
        int[] order = [.. Enumerable.Range(0, sizes.Length).OrderByDescending(cluster => sizes[cluster])];
        int[] place = new int[order.Length];
        float[] ordered = new float[centroids.Length];
        for (int i = 0; i < order.Length; i++)
        {
            place[order[i]] = i;
            centroids.AsSpan(order[i] * dimension, dimension).CopyTo(ordered.AsSpan(i * dimension));
        }

        return new KMeansClusters(ordered, [.. nearest.Select(cluster => place[cluster])], [.. order.Select(cluster => sizes[cluster])], meanCosine);
    }

    private static double Mean(float[] values)
    {
        double sum = 0;
        foreach (float value in values)
            sum += value;
        return sum / values.Length;
    }
}
