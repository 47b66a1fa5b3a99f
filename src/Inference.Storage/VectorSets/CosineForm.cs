using Inference.Vectors;

namespace Inference.Storage.VectorSets;

/// <summary>
/// Vector sets order by the angle alone. With a component or two more, the order by angle is the order by inner product or distance (Bachrach et al., "Speeding Up the Xbox Recommender System", RecSys 2014):
/// <list type="number">
/// <item>L2: −|q − v|² orders as the inner product of (q, 1) and (v, −|v|²∕2).</item>
/// <item>Inner product: items get √(M² − |v|²), with M the length of the longest, so that all are equally long; queries get 0.</item>
/// <item>Cosine: as they are.</item>
/// </list>
/// </summary>
internal static class CosineForm
{
    /// <summary>Components of the form.</summary>
    public static int Length(Metric metric, int dimension) => dimension + metric switch { Metric.Cosine => 0, Metric.InnerProduct => 1, _ => 2 };

    /// <summary>The square of the length that the item counts with in the longest.</summary>
    public static double SquaredLength(Metric metric, ReadOnlySpan<float> item)
    {
        double squared = Squared(item);
        return metric == Metric.L2 ? squared + (squared * squared / 4) : squared;
    }

    /// <param name="longest">The largest <see cref="SquaredLength"/> of all items.</param>
    /// <param name="form">Receives <see cref="Length"/> components.</param>
    public static void OfItem(Metric metric, ReadOnlySpan<float> item, double longest, Span<float> form)
    {
        item.CopyTo(form);
        if (metric == Metric.Cosine)
            return;
        if (metric == Metric.L2)
            form[item.Length] = (float)(-Squared(item) / 2);
        form[^1] = (float)Math.Sqrt(Math.Max(0, longest - SquaredLength(metric, item)));
    }

    /// <param name="form">Receives <see cref="Length"/> components.</param>
    public static void OfQuery(Metric metric, ReadOnlySpan<float> query, Span<float> form)
    {
        query.CopyTo(form);
        form[query.Length..].Clear();
        if (metric == Metric.L2)
            form[query.Length] = 1;
    }

    private static double Squared(ReadOnlySpan<float> vector)
    {
        double sum = 0;
        foreach (float component in vector)
            sum += (double)component * component;
        return sum;
    }
}
