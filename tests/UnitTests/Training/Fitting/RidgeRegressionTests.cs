using Inference.Training.Chance;
using Inference.Training.Fitting;
using Xunit;

namespace UnitTests.Training.Fitting;

public sealed class RidgeRegressionTests
{
    [Fact]
    public void Solve_WithExactLinearTargets_FindsTheMatrix()
    {
        float[] truth = [1, -2, 0.5f, 3, 0, 7]; // 3 inputs × 2 outputs
        var regression = new RidgeRegression(3, 2);
        var random = new SeededRandom(1);
        for (int sample = 0; sample < 50; sample++)
        {
            float[] x = new float[3];
            random.FillGaussian(x, 2);
            regression.Add(x, [x[0] * truth[0] + x[1] * truth[2] + x[2] * truth[4], x[0] * truth[1] + x[1] * truth[3] + x[2] * truth[5]]);
        }

        (float[] matrix, double residual) = regression.Solve(1e-9);
        for (int i = 0; i < truth.Length; i++)
            Assert.Equal(truth[i], matrix[i], 1e-4);
        Assert.Equal(0, residual, 1e-3);
    }

    [Fact]
    public void Solve_WithOneSample_ShrinksByThePenalty()
    {
        // (x² + λ) m = x y with x = 2, y = 6, λ = 4 gives m = 1.5 and a residual of (6 − 3)².
        var regression = new RidgeRegression(1, 1);
        regression.Add([2], [6]);
        (float[] matrix, double residual) = regression.Solve(4);
        Assert.Equal(1.5, matrix[0], 1e-6);
        Assert.Equal(9, residual, 1e-6);
    }
}
