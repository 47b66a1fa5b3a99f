using Inference.Training.Chance;
using Inference.Training.Fitting;
using Xunit;

namespace UnitTests.Training.Fitting;

public sealed class AdditiveModelTests
{
    [Fact]
    public void Fit_WithAdditiveTargets_ExplainsThem()
    {
        const int Samples = 4000, Width = 3;
        var random = new SeededRandom(4);
        float[] first = new float[5 * Width], words = new float[20 * Width];
        random.FillGaussian(first, 4);
        random.FillGaussian(words, 4);
        int[] firstIds = new int[Samples], wordIds = new int[Samples * 2];
        float[] targets = new float[Samples * Width];
        for (int sample = 0; sample < Samples; sample++)
        {
            firstIds[sample] = 1 + random.NextInt(4);
            // One word, or two different ones: 0 is none.
            wordIds[sample * 2] = 1 + random.NextInt(19);
            wordIds[sample * 2 + 1] = random.NextInt(2) == 0 ? 0 : 1 + wordIds[sample * 2] % 19;
            for (int i = 0; i < Width; i++)
            {
                targets[sample * Width + i] = 10 + first[firstIds[sample] * Width + i] + words[wordIds[sample * 2] * Width + i];
                if (wordIds[sample * 2 + 1] != 0)
                    targets[sample * Width + i] += words[wordIds[sample * 2 + 1] * Width + i];
            }
        }

        float[] residuals = [.. targets];
        AdditiveModel model = AdditiveModel.Fit(residuals, Width, [new CategoricalGroup(firstIds, 1, 5), new CategoricalGroup(wordIds, 2, 20)], penalty: 0.01, rounds: 200);
        Assert.True(residuals.Max(Math.Abs) < 0.05, $"largest residual {residuals.Max(Math.Abs)}");
        // The residuals are what the tables leave: mean + tables + residual is the target again.
        for (int i = 0; i < Width; i++)
        {
            float sum = model.Mean[i] + model.Tables[0][firstIds[7] * Width + i] + model.Tables[1][wordIds[14] * Width + i] + model.Tables[1][wordIds[15] * Width + i];
            Assert.Equal(targets[7 * Width + i], sum + residuals[7 * Width + i], 1e-3);
        }

        Assert.All(model.Tables, table => Assert.All(table[..Width], component => Assert.Equal(0, component)));
    }

    [Fact]
    public void Fit_WithRareValue_ShrinksItByThePenalty()
    {
        // Mean 2.5; the value seen once has residual 7.5 and is given 7.5 · 1 ∕ (1 + 3), and so on round by round to the fixed point of ridge regression.
        float[] targets = [10, 0, 0, 0];
        AdditiveModel model = AdditiveModel.Fit(targets, 1, [new CategoricalGroup([1, 0, 0, 0], 1, 2)], penalty: 3, rounds: 1);
        Assert.Equal(2.5, model.Mean[0], 1e-6);
        Assert.Equal(7.5 / 4, model.Tables[0][1], 1e-6);
    }
}
