using Inference.Training.Models;
using Xunit;

namespace UnitTests.Training.Models;

public sealed class ImplicitAlsTests
{
    private static readonly AlsOptions Options = new() { Dimension = 8, Ridge = 0.01, UnseenWeight = 0.3 };
    private static readonly ImplicitAls Als = ImplicitAls.Fit(SmallShop.Split.Training, SmallShop.Items, Options);

    [Fact]
    public void FoldIn_OfATrainingUser_GivesTheirFactor()
    {
        float[] user = new float[8];
        Als.FoldIn(SmallShop.Split.Training[5], user);
        for (int i = 0; i < user.Length; i++)
            Assert.Equal(Als.UserFactors[5 * 8 + i], user[i], 1e-5f);
    }

    /// <summary>(a₀VᵀV + YᵀY + λI) u = Yᵀ1 + (λI + a₀VᵀV) m, computed once more in double.</summary>
    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void FoldIn_WithAPrior_SolvesItsEquation(int events)
    {
        const double Precision = 2;
        int[] history = [.. SmallShop.Split.Training[9][..events]];
        float[] mean = [.. Enumerable.Range(0, 8).Select(i => 0.1f * (i - 3))], user = new float[8];
        Als.FoldIn(history, mean, Precision, user);
        for (int i = 0; i < 8; i++)
        {
            double left = Precision * (user[i] - mean[i]);
            for (int item = 0; item < SmallShop.Items; item++)
            {
                ReadOnlySpan<float> factor = Als.ItemFactors.AsSpan(item * 8, 8);
                double score = 0, before = 0;
                for (int k = 0; k < 8; k++)
                {
                    score += factor[k] * user[k];
                    before += factor[k] * mean[k];
                }

                left += 0.3 * factor[i] * (score - before) + (history.Contains(item) ? factor[i] * (score - 1) : 0);
            }

            Assert.Equal(0, left, 1e-4);
        }

        if (events == 0)
            Assert.All(Enumerable.Range(0, 8), i => Assert.Equal(mean[i], user[i], 1e-5f));
    }

    [Fact]
    public void Fit_FromGivenFactors_GoesOnFromThem()
    {
        ImplicitAls warm = ImplicitAls.Fit(SmallShop.Split.Training, SmallShop.Items, Options with { Iterations = 1 }, Als.ItemFactors);
        ImplicitAls cold = ImplicitAls.Fit(SmallShop.Split.Training, SmallShop.Items, Options with { Iterations = 1 });
        ImplicitAls longer = ImplicitAls.Fit(SmallShop.Split.Training, SmallShop.Items, Options with { Iterations = 13 });
        Assert.True(Difference(warm, longer) < 1e-4, $"{Difference(warm, longer)}");
        Assert.True(Difference(cold, longer) > 1e-2);
        Assert.Throws<ArgumentException>(() => ImplicitAls.Fit(SmallShop.Split.Training, SmallShop.Items, Options, new float[3]));
    }

    private static double Difference(ImplicitAls one, ImplicitAls other) => one.ItemFactors.Zip(other.ItemFactors).Max(pair => Math.Abs(pair.First - pair.Second));
}
