using System.Numerics.Tensors;
using Inference.Training.Features;
using Inference.Training.Linear;

namespace Inference.Training.Models;

/// <summary>
/// Learns from the catalogue how content becomes collaborative factors, and so gives factors to items that nobody touched yet: M = (XᵀX + λI)⁻¹ XᵀV over training items, v̂_i = x_i M.
/// A user is the fold-in of their history, an item its v̂.
/// </summary>
public sealed class ContentRidge : RankingModel
{
    /// <summary>Terms up to which the equations are solved in one piece: 3 GB and some minutes.</summary>
    public const int MostTerms = 20_000;

    /// <summary>λ where nothing chooses it.</summary>
    internal const double DefaultPenalty = 3;

    private readonly ImplicitAls _als;

    private ContentRidge(ImplicitAls als, float[] factors)
    {
        _als = als;
        ItemFactors = factors;
    }

    public override string Name => "content_to_ials_ridge";

    public override bool ScoresColdItems => true;

    /// <summary>All items × dimension: what content alone says of an item.</summary>
    public float[] ItemFactors { get; }

    /// <param name="traits">Content of all items.</param>
    /// <param name="als">Factors of the training catalogue.</param>
    /// <param name="ridge">λ, above 0.</param>
    /// <exception cref="NotSupportedException">There are more than <see cref="MostTerms"/> terms.</exception>
    public static ContentRidge Fit(ItemTraits traits, ImplicitAls als, double ridge)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(ridge);
        if (traits.TermCount > MostTerms)
            throw new NotSupportedException($"{traits.TermCount} terms are more than the {MostTerms} that one system of equations is solved for; fewer words must be kept.");
        double[] solution = ContentProduct.Cross(traits, als.Items, als.ItemFactors, als.Dimension);
        if (traits.TermCount > 0)
            Cholesky<double>.Factor(ContentProduct.Gram(traits, als.Items, ridge), traits.TermCount).Solve(solution, als.Dimension);
        return new ContentRidge(als, ContentProduct.Apply(traits, solution, als.Dimension));
    }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        int dimension = _als.Dimension;
        Span<float> factor = stackalloc float[dimension];
        _als.FoldIn(user.History.Span, factor);
        for (int item = 0; item < scores.Length; item++)
            scores[item] = TensorPrimitives.Dot(factor, ItemFactors.AsSpan(item * dimension, dimension));
    }
}
