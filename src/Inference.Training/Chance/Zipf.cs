namespace Inference.Training.Chance;

/// <summary>Weights that fall with the rank, as those of words and of goods do: (rank + offset)^−exponent.</summary>
public static class Zipf
{
    /// <param name="count">How many ranks, at least 1.</param>
    /// <param name="exponent">Steepness; about 1 for many shops, 0 for no skew.</param>
    /// <param name="offset">Flattens the head (Mandelbrot); above −1.</param>
    public static double[] Weights(int count, double exponent, double offset = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(offset, -1);
        double[] weights = new double[count];
        for (int rank = 0; rank < count; rank++)
            weights[rank] = Math.Pow(rank + 1 + offset, -exponent);
        return weights;
    }
}
