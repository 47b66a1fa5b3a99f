namespace Inference.Training.Fitting;

/// <summary>
/// Least squares with a penalty: the matrix M (inputs × outputs) that minimises Σ |y − x M|² + λ |M|².
/// <list type="number">
/// <item>Gather XᵀX and XᵀY sample by sample, in double.</item>
/// <item>Solve (XᵀX + λI) M = XᵀY by Cholesky.</item>
/// </list>
/// </summary>
internal sealed class RidgeRegression(int inputs, int outputs)
{
    private readonly double[] _gram = new double[inputs * inputs];
    private readonly double[] _cross = new double[inputs * outputs];
    private double _square;

    public void Add(ReadOnlySpan<float> x, ReadOnlySpan<float> y)
    {
        for (int i = 0; i < inputs; i++)
        {
            for (int j = 0; j <= i; j++)
                _gram[i * inputs + j] += (double)x[i] * x[j];
            for (int j = 0; j < outputs; j++)
                _cross[i * outputs + j] += (double)x[i] * y[j];
        }

        foreach (float value in y)
            _square += (double)value * value;
    }

    /// <summary>The matrix, and Σ |y − x M|² over what was added.</summary>
    /// <param name="penalty">λ, above 0.</param>
    public (float[] Matrix, double ResidualSquare) Solve(double penalty)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(penalty);
        double[] factor = Cholesky(penalty);
        double[] solution = new double[inputs * outputs];
        for (int output = 0; output < outputs; output++)
        {
            for (int i = 0; i < inputs; i++)
            {
                double sum = _cross[i * outputs + output];
                for (int j = 0; j < i; j++)
                    sum -= factor[i * inputs + j] * solution[j * outputs + output];
                solution[i * outputs + output] = sum / factor[i * inputs + i];
            }

            for (int i = inputs - 1; i >= 0; i--)
            {
                double sum = solution[i * outputs + output];
                for (int j = i + 1; j < inputs; j++)
                    sum -= factor[j * inputs + i] * solution[j * outputs + output];
                solution[i * outputs + output] = sum / factor[i * inputs + i];
            }
        }

        // |Y − XM|² = |Y|² − 2⟨XᵀY, M⟩ + ⟨M, XᵀX M⟩, with XᵀX M = XᵀY − λM.
        double residual = _square;
        float[] matrix = new float[solution.Length];
        for (int i = 0; i < solution.Length; i++)
        {
            residual -= solution[i] * (_cross[i] + penalty * solution[i]);
            matrix[i] = (float)solution[i];
        }

        return (matrix, residual);
    }

    /// <summary>The lower triangle L with L Lᵀ = XᵀX + λI.</summary>
    private double[] Cholesky(double penalty)
    {
        double[] factor = new double[_gram.Length];
        for (int i = 0; i < inputs; i++)
        {
            for (int j = 0; j <= i; j++)
            {
                double sum = _gram[i * inputs + j] + (i == j ? penalty : 0);
                for (int k = 0; k < j; k++)
                    sum -= factor[i * inputs + k] * factor[j * inputs + k];
                // The penalty keeps the pivots above zero; the floor is for rounding.
                factor[i * inputs + j] = i == j ? Math.Sqrt(Math.Max(sum, penalty * 1e-6)) : sum / factor[j * inputs + j];
            }
        }

        return factor;
    }
}
