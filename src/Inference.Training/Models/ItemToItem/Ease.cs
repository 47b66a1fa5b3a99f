using Inference.Training.Linear;

namespace Inference.Training.Models;

/// <summary>
/// EASE (Steck, "Embarrassingly shallow autoencoders for sparse data", 2019): the item-item weights with a diagonal of zeros that best rebuild users' lists from themselves.
/// <list type="number">
/// <item>P = (XᵀX + λI)⁻¹.</item>
/// <item>B_ij = −P_ij ∕ P_jj, B_ii = 0.</item>
/// </list>
/// In closed form up to <see cref="LargestClosedForm"/> items; beyond, item by item among its neighbours (<see cref="LocalEase"/>).
/// </summary>
public sealed class Ease : ItemItemModel
{
    /// <summary>Items up to which the inverse is taken: 1.6 GB of floats, about a minute on eight cores.</summary>
    public const int LargestClosedForm = 20_000;

    /// <summary>Items up to which the inverse is taken in double.</summary>
    internal const int LargestDouble = 6_000;

    private Ease(ItemItemMatrix weights)
        : base(weights)
    {
    }

    public override string Name => "ease";

    /// <param name="gram">Which items go together; complete up to <see cref="LargestClosedForm"/> items.</param>
    /// <param name="ridge">λ, above 0.</param>
    /// <param name="fast">Inverts in float even where double would do: for tuning, where one of many matrices is wanted quickly.</param>
    /// <param name="cancellationToken">Stops between blocks of the inverse.</param>
    /// <exception cref="ArithmeticException">λ is too small for the numbers to carry.</exception>
    public static Ease Fit(SparseGram gram, double ridge, bool fast = false, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ridge);
        if (gram.Items > LargestClosedForm)
            return new Ease(ItemItemMatrix.Of(LocalEase.Fit(gram, ridge, LocalEase.DefaultNeighbours)));
        return new Ease(ItemItemMatrix.Dense(gram.Items > LargestDouble || fast ? ClosedFormSingle(gram, ridge, cancellationToken) : ClosedForm(gram, ridge, cancellationToken), gram.Items));
    }

    private static float[] ClosedForm(SparseGram gram, double ridge, CancellationToken cancellationToken)
    {
        double[] inverse = gram.ToDense(ridge);
        SpdInverse.Invert(inverse, gram.Items, cancellationToken);
        int items = gram.Items;
        float[] weights = new float[inverse.Length];
        Parallel.For(0, items, row =>
        {
            for (int column = 0; column < items; column++)
                weights[row * items + column] = row == column ? 0 : (float)(-inverse[row * items + column] / inverse[column * items + column]);
        });
        return weights;
    }

    private static float[] ClosedFormSingle(SparseGram gram, double ridge, CancellationToken cancellationToken)
    {
        int items = gram.Items;
        float[] inverse = gram.ToDense((float)ridge);
        SpdInverse.Invert(inverse, items, cancellationToken);
        float[] diagonal = new float[items];
        for (int item = 0; item < items; item++)
            diagonal[item] = inverse[item * items + item];
        Parallel.For(0, items, row =>
        {
            for (int column = 0; column < items; column++)
                inverse[row * items + column] = row == column ? 0 : -inverse[row * items + column] / diagonal[column];
        });
        return inverse;
    }
}
