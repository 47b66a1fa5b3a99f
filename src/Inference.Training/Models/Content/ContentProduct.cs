using System.Numerics.Tensors;
using Inference.Training.Features;

namespace Inference.Training.Models;

/// <summary>Products of the sparse content vectors of items.</summary>
internal static class ContentProduct
{
    /// <summary>Of an item with a dense vector over the terms.</summary>
    public static double Dot(ItemTraits traits, int item, ReadOnlySpan<double> dense)
    {
        ReadOnlySpan<int> terms = traits.Terms[item];
        ReadOnlySpan<float> weights = traits.TermWeights.AsSpan(traits.Terms.Offsets[item], terms.Length);
        double sum = 0;
        for (int i = 0; i < terms.Length; i++)
            sum += weights[i] * dense[terms[i]];
        return sum;
    }

    /// <summary>XᵀX over items 0 to <paramref name="items"/>, terms × terms, with λ on the diagonal; the lower triangle.</summary>
    public static double[] Gram(ItemTraits traits, int items, double ridge)
    {
        int terms = traits.TermCount;
        double[] gram = new double[(long)terms * terms];
        for (int item = 0; item < items; item++)
        {
            ReadOnlySpan<int> own = traits.Terms[item];
            int first = traits.Terms.Offsets[item];
            for (int i = 0; i < own.Length; i++)
            {
                for (int j = 0; j <= i; j++)
                    gram[(long)own[i] * terms + own[j]] += (double)traits.TermWeights[first + i] * traits.TermWeights[first + j];
            }
        }

        for (int term = 0; term < terms; term++)
            gram[(long)term * terms + term] += ridge;
        return gram;
    }

    /// <summary>XᵀY, terms × width.</summary>
    public static double[] Cross(ItemTraits traits, int items, float[] targets, int width)
    {
        double[] cross = new double[(long)traits.TermCount * width];
        for (int item = 0; item < items; item++)
        {
            int first = traits.Terms.Offsets[item];
            ReadOnlySpan<int> own = traits.Terms[item];
            for (int i = 0; i < own.Length; i++)
            {
                for (int k = 0; k < width; k++)
                    cross[own[i] * width + k] += (double)traits.TermWeights[first + i] * targets[item * width + k];
            }
        }

        return cross;
    }

    /// <summary>X M of all items, as floats.</summary>
    public static float[] Apply(ItemTraits traits, double[] matrix, int width)
    {
        float[] result = new float[traits.Count * width];
        Parallel.For(0, traits.Count, item =>
        {
            Span<double> sum = stackalloc double[width];
            sum.Clear();
            int first = traits.Terms.Offsets[item];
            ReadOnlySpan<int> own = traits.Terms[item];
            for (int i = 0; i < own.Length; i++)
                TensorPrimitives.MultiplyAdd(matrix.AsSpan(own[i] * width, width), traits.TermWeights[first + i], sum, sum);
            for (int k = 0; k < width; k++)
                result[item * width + k] = (float)sum[k];
        });
        return result;
    }
}
