using Inference.Recommendations.MakeUp;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Surfaces;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Recommendations.MakeUp;

/// <summary>The loop against one that computes the whole objective anew for each candidate of each place.</summary>
public sealed class GreedySlateTests
{
    private const int Dimension = 7;

    [Theory]
    [InlineData(0.2, 0)]
    [InlineData(0.9, 0)]
    [InlineData(1, 0)]
    [InlineData(0, 0.4)]
    [InlineData(0.3, 0.6)]
    [InlineData(0.5, 1)]
    public void Choose_OnRandomPools_ChoosesAsTheNaiveLoop(double diversity, double calibration)
    {
        for (int seed = 1; seed <= 25; seed++)
        {
            var random = new Random(seed);
            MakeUpScratch s = Pool(random, random.Next(2, 60));
            int places = random.Next(1, s.Count + 1);
            var mix = new PopularMix(random.NextDouble());
            var rules = new SlateRules { Diversity = diversity, Calibration = new Calibration(calibration) };
            if (places > 2)
                s.Chosen[1] = s.Count - 1; // a pin
            int[] expected = Naive(s, places, rules, mix);

            int relaxed = GreedySlate.Choose(s, places, Dimension, rules, mix);

            Assert.Equal(0, relaxed);
            Assert.True(expected.AsSpan().SequenceEqual(s.Chosen.AsSpan(0, places)), $"seed {seed}: expected {string.Join(' ', expected)}, chose {string.Join(' ', s.Chosen[..places])}");
        }
    }

    [Fact]
    public void Choose_WithoutAnyStrength_KeepsTheOrder()
    {
        MakeUpScratch s = Pool(new Random(3), 20);

        GreedySlate.Choose(s, 20, Dimension, new SlateRules { Caps = [] }, default);

        Assert.Equal(Enumerable.Range(0, 20), s.Chosen[..20]);
    }

    [Fact]
    public void Choose_WithItemsWithoutVectors_TakesThemForUnlikeEverything()
    {
        MakeUpScratch s = Pool(new Random(5), 4);
        s.Vectors.AsSpan().Clear();
        for (int i = 0; i < 3; i++)
            s.Vectors[i * Dimension] = 1; // three of a kind, and one of which nothing is known

        GreedySlate.Choose(s, 2, Dimension, new SlateRules { Diversity = 0.9 }, default);

        Assert.Equal([0, 3], s.Chosen[..2]);
    }

    private static MakeUpScratch Pool(Random random, int count)
    {
        var s = new MakeUpScratch();
        s.Reserve(count, 0, count * Dimension);
        s.Count = count;
        float[] relevance = [.. Enumerable.Range(0, count).Select(_ => random.NextSingle()).OrderDescending()];
        for (int i = 0; i < count; i++)
        {
            s.Places[i] = new Slate.Place(i, relevance[i], Sources.Towers, SlotType.Exploit, 1);
            s.Relevance[i] = relevance[i];
            s.Popular[i] = (byte)random.Next(2);
            Span<float> vector = s.Vectors.AsSpan(i * Dimension, Dimension);
            for (int d = 0; d < Dimension; d++)
                vector[d] = random.NextSingle() - 0.3f;
            float norm = MathF.Sqrt(VectorMath.SquaredNorm(vector));
            for (int d = 0; d < Dimension; d++)
                vector[d] /= norm;
        }

        return s;
    }

    private static int[] Naive(MakeUpScratch s, int places, SlateRules rules, PopularMix mix)
    {
        int[] chosen = [.. s.Chosen[..places]];
        for (int place = 0; place < places; place++)
        {
            if (chosen[place] >= 0)
                continue;
            double best = double.NegativeInfinity;
            int at = -1;
            int[] slate = [.. chosen.Where(one => one >= 0)];
            for (int i = 0; i < s.Count; i++)
            {
                if (chosen.Contains(i))
                    continue;
                double nearest = slate.Length == 0 ? -1 : slate.Max(j => VectorMath.Dot(s.Vectors.AsSpan(j * Dimension, Dimension), s.Vectors.AsSpan(i * Dimension, Dimension)));
                double value = ((1 - rules.Diversity) * s.Relevance[i]) - (rules.Diversity * nearest);
                double c = rules.Calibration.Strength;
                if (c > 0)
                    value = ((1 - c) * value) - (c * mix.Distance(slate.Count(j => s.Popular[j] != 0) + s.Popular[i], slate.Length + 1));
                if (value > best + 1e-12)
                {
                    best = value;
                    at = i;
                }
            }

            chosen[place] = at;
        }

        return chosen;
    }
}
