namespace Inference.Training.Fitting;

/// <summary>One categorical property of the samples of an <see cref="AdditiveModel"/>.</summary>
/// <param name="Ids">Samples × <paramref name="Arity"/> ids in [0, <paramref name="Rows"/>); 0 means none.</param>
/// <param name="Arity">How many ids a sample has at most: 1 for a category, more for the words of a title.</param>
/// <param name="Rows">One more than the largest id.</param>
internal sealed record CategoricalGroup(int[] Ids, int Arity, int Rows);
