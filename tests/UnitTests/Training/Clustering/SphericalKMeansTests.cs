using Inference.Training.Chance;
using Inference.Training.Clustering;
using Xunit;

namespace UnitTests.Training.Clustering;

public sealed class SphericalKMeansTests
{
    [Fact]
    public void Fit_WithSeparateDirections_FindsThem()
    {
        (float[] points, int[] truth) = Bundles(directions: 6, each: 80, dimension: 12, spread: 0.15, seed: 3);
        KMeansClusters clusters = SphericalKMeans.Fit(points, 12, new KMeansOptions { Clusters = 6 });
        Assert.Equal(6, clusters.Count);
        // Each cluster holds the points of one direction, all of them.
        foreach (IGrouping<int, int> group in Enumerable.Range(0, truth.Length).GroupBy(point => truth[point]))
            Assert.Single(group.Select(point => clusters.Assignment[point]).Distinct());
        Assert.Equal([80, 80, 80, 80, 80, 80], clusters.Sizes);
    }

    [Fact]
    public void Fit_AtItsEnd_IsAFixedPointOfLloyd()
    {
        (float[] points, _) = Bundles(directions: 9, each: 60, dimension: 7, spread: 1.2, seed: 5);
        KMeansClusters clusters = SphericalKMeans.Fit(points, 7, new KMeansOptions { Clusters = 5, MinimumSize = 10, MaxIterations = 1000 });
        int count = points.Length / 7;
        double cosines = 0;
        for (int point = 0; point < count; point++)
        {
            // Brute force: the nearest centroid, in double.
            double[] scores = [.. Enumerable.Range(0, clusters.Count).Select(c => Cosine(points.AsSpan(point * 7, 7), clusters.Centroids.AsSpan(c * 7, 7)))];
            Assert.Equal(scores.Max(), scores[clusters.Assignment[point]], 1e-6);
            cosines += scores.Max() / count;
        }

        Assert.Equal(cosines, clusters.MeanCosine, 1e-5);
        for (int c = 0; c < clusters.Count; c++)
        {
            double[] mean = new double[7];
            foreach (int point in Enumerable.Range(0, count).Where(point => clusters.Assignment[point] == c))
            {
                double length = Math.Sqrt(points.AsSpan(point * 7, 7).ToArray().Sum(x => (double)x * x));
                for (int i = 0; i < 7; i++)
                    mean[i] += points[point * 7 + i] / length;
            }

            double norm = Math.Sqrt(mean.Sum(x => x * x));
            for (int i = 0; i < 7; i++)
                Assert.Equal(mean[i] / norm, clusters.Centroids[c * 7 + i], 1e-5);
        }
    }

    [Fact]
    public void Fit_WithSmallClusters_DissolvesThemAndKeepsEveryPoint()
    {
        (float[] big, _) = Bundles(directions: 2, each: 300, dimension: 8, spread: 0.1, seed: 8);
        (float[] small, _) = Bundles(directions: 3, each: 20, dimension: 8, spread: 0.05, seed: 99);
        KMeansClusters clusters = SphericalKMeans.Fit([.. big, .. small], 8, new KMeansOptions { Clusters = 10, MinimumSize = 50 });
        Assert.All(clusters.Sizes, size => Assert.True(size >= 50));
        Assert.Equal(660, clusters.Sizes.Sum());
        Assert.Equal(clusters.Sizes, clusters.Sizes.OrderDescending());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(30)]
    public void Fit_WithFewerPointsThanAClusterNeeds_GivesOneCluster(int count)
    {
        (float[] points, _) = Bundles(directions: 1, each: count, dimension: 4, spread: 1, seed: 1);
        KMeansClusters clusters = SphericalKMeans.Fit(points, 4, new KMeansOptions());
        Assert.Equal([count], clusters.Sizes);
    }

    [Fact]
    public void Fit_WithEqualPoints_EndsWithOneOrMoreFullClusters()
    {
        float[] points = [.. Enumerable.Repeat(new float[] { 1, 2, 3 }, 200).SelectMany(point => point)];
        KMeansClusters clusters = SphericalKMeans.Fit(points, 3, new KMeansOptions { Clusters = 4 });
        Assert.Equal(200, clusters.Sizes.Sum());
        Assert.Equal(1, clusters.MeanCosine, 1e-6);
    }

    [Fact]
    public void Fit_WithZeroVectors_PutsThemSomewhereAndStaysFinite()
    {
        (float[] points, _) = Bundles(directions: 2, each: 100, dimension: 5, spread: 0.1, seed: 2);
        KMeansClusters clusters = SphericalKMeans.Fit([.. points, .. new float[50]], 5, new KMeansOptions { Clusters = 2 });
        Assert.All(clusters.Centroids, component => Assert.True(float.IsFinite(component)));
        Assert.Equal(210, clusters.Sizes.Sum());
    }

    [Fact]
    public void Fit_WithSameSeed_IsTheSame()
    {
        (float[] points, _) = Bundles(directions: 30, each: 200, dimension: 16, spread: 1, seed: 6);
        var options = new KMeansOptions { Clusters = 12, SampleSize = 3000 };
        KMeansClusters a = SphericalKMeans.Fit(points, 16, options), b = SphericalKMeans.Fit(points, 16, options);
        Assert.Equal(a.Centroids, b.Centroids);
        Assert.Equal(a.Assignment, b.Assignment);
    }

    [Fact]
    public void Fit_WithMoreStarts_IsNoWorse()
    {
        (float[] points, _) = Bundles(directions: 20, each: 60, dimension: 10, spread: 0.6, seed: 12);
        double one = SphericalKMeans.Fit(points, 10, new KMeansOptions { Clusters = 20, Starts = 1, MinimumSize = 1 }).MeanCosine;
        double many = SphericalKMeans.Fit(points, 10, new KMeansOptions { Clusters = 20, Starts = 8, MinimumSize = 1 }).MeanCosine;
        Assert.True(many >= one - 1e-9, $"{many} after eight starts, {one} after one");
    }

    [Fact]
    public void Fit_WithNoPoints_Throws() => Assert.Throws<ArgumentException>(() => SphericalKMeans.Fit([], 4, new KMeansOptions()));

    private static (float[] Points, int[] Truth) Bundles(int directions, int each, int dimension, double spread, ulong seed)
    {
        var random = new SeededRandom(seed);
        float[] points = new float[directions * each * dimension];
        int[] truth = new int[directions * each];
        float[] centre = new float[dimension];
        for (int d = 0; d < directions; d++)
        {
            random.FillGaussian(centre, 1);
            for (int i = 0; i < each; i++)
            {
                int point = d * each + i;
                truth[point] = d;
                Span<float> vector = points.AsSpan(point * dimension, dimension);
                random.FillGaussian(vector, spread);
                float length = 0.5f + 3 * (float)random.NextDouble();
                for (int k = 0; k < dimension; k++)
                    vector[k] = (vector[k] + centre[k]) * length;
            }
        }

        return (points, truth);
    }

    private static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        double dot = 0, aa = 0, bb = 0;
        for (int i = 0; i < a.Length; i++)
        {
            dot += (double)a[i] * b[i];
            aa += (double)a[i] * a[i];
            bb += (double)b[i] * b[i];
        }

        return dot / Math.Sqrt(aa * bb);
    }
}
