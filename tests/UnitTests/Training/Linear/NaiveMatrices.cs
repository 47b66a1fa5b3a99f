using System.Numerics;
using Inference.Training.Chance;

namespace UnitTests.Training.Linear;

/// <summary>What the blocked routines are held against.</summary>
internal static class NaiveMatrices
{
    public static T[] Random<T>(int count, ulong seed)
        where T : IFloatingPointIeee754<T>
    {
        var random = new SeededRandom(seed);
        T[] numbers = new T[count];
        for (int i = 0; i < count; i++)
            numbers[i] = T.CreateChecked(random.NextGaussian());
        return numbers;
    }

    /// <summary>X Xᵀ + I: symmetric, positive definite.</summary>
    public static double[] Definite(int size, ulong seed)
    {
        double[] x = Random<double>(size * size, seed), matrix = Multiply(x, Transpose(x, size, size), size, size, size);
        for (int i = 0; i < size; i++)
            matrix[i * size + i] += 1;
        return matrix;
    }

    public static T[] Multiply<T>(T[] a, T[] b, int rows, int depth, int columns)
        where T : IFloatingPointIeee754<T>
    {
        T[] c = new T[rows * columns];
        for (int i = 0; i < rows; i++)
        {
            for (int k = 0; k < depth; k++)
            {
                for (int j = 0; j < columns; j++)
                    c[i * columns + j] += a[i * depth + k] * b[k * columns + j];
            }
        }

        return c;
    }

    public static T[] Transpose<T>(T[] a, int rows, int columns)
    {
        T[] result = new T[a.Length];
        for (int i = 0; i < rows; i++)
        {
            for (int j = 0; j < columns; j++)
                result[j * rows + i] = a[i * columns + j];
        }

        return result;
    }

    /// <summary>Largest difference, as a share of the largest number.</summary>
    public static double Distance<T>(T[] a, T[] b)
        where T : IFloatingPointIeee754<T>
    {
        double distance = a.Length == b.Length ? 0 : double.PositiveInfinity, largest = 1;
        for (int i = 0; i < Math.Min(a.Length, b.Length); i++)
        {
            distance = Math.Max(distance, double.CreateChecked(T.Abs(a[i] - b[i])));
            largest = Math.Max(largest, double.CreateChecked(T.Abs(b[i])));
        }

        return distance / largest;
    }
}
