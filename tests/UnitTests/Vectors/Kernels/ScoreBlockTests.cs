using Inference.Vectors;
using Inference.Vectors.Kernels;
using Xunit;

namespace UnitTests.Vectors.Kernels;

public sealed class ScoreBlockTests
{
    [Fact]
    public void Finish_WithInnerProducts_MarksThoseAtOrAboveTheThreshold()
    {
        float[] scores = Scores(static i => i);

        ulong candidates = Finish(Metric.InnerProduct, scores, threshold: 37);

        Assert.Equal(ulong.MaxValue << 37, candidates);
        Assert.Equal(Scores(static i => i), scores);
    }

    [Fact]
    public void Finish_WithDistances_NegatesThem()
    {
        float[] scores = Scores(static i => i);

        ulong candidates = Finish(Metric.L2, scores, threshold: -10);

        Assert.Equal(ulong.MaxValue >> (63 - 10), candidates);
        Assert.Equal(Scores(static i => -i), scores);
    }

    [Fact]
    public void Finish_WithCosines_ScalesEachByItsOwnFactorAndClamps()
    {
        float[] scores = Scores(static i => i - 32);
        float[] inverseNorms = Scores(static i => i % 2 == 0 ? 1 / 64f : 1);

        Finish(Metric.Cosine, scores, threshold: 0, inverseNorms);

        Assert.Equal(Scores(static i => i % 2 == 0 ? (i - 32) / 64f : Math.Clamp(i - 32, -1, 1)), scores);
    }

    [Theory]
    [InlineData(Metric.InnerProduct, float.NegativeInfinity)]
    [InlineData(Metric.L2, float.NegativeInfinity)]
    [InlineData(Metric.Cosine, -1)]
    public void Finish_WithNotANumber_RanksItLastAndKeepsItACandidateOfAnEmptyList(Metric metric, float worst)
    {
        float[] scores = Scores(static i => i % 3 == 0 ? float.NaN : 0);

        ulong candidates = Finish(metric, scores, float.NegativeInfinity, Scores(static _ => 1));

        Assert.Equal(ulong.MaxValue, candidates);
        Assert.Equal(Scores(i => i % 3 == 0 ? worst : 0), scores);
    }

    [Theory]
    [InlineData(Metric.InnerProduct)]
    [InlineData(Metric.L2)]
    [InlineData(Metric.Cosine)]
    public void Finish_WithZeros_GivesPositiveZeros(Metric metric)
    {
        float[] scores = Scores(static i => i % 2 == 0 ? 0f : -0f);

        Finish(metric, scores, threshold: 0, Scores(static _ => 1));

        Assert.All(scores, static score => Assert.Equal(0, BitConverter.SingleToInt32Bits(score)));
    }

    private static ulong Finish(Metric metric, float[] scores, float threshold, float[]? inverseNorms = null) =>
        ScoreBlock.Finish(metric, ref scores[0], ref (inverseNorms ?? new float[ScoreBlock.Rows])[0], threshold);

    private static float[] Scores(Func<int, float> score) => [.. Enumerable.Range(0, ScoreBlock.Rows).Select(score)];
}
