using Inference.Training.Splits;

namespace Inference.Training.Features;

/// <summary>What is known of items beside their events, by item index, in three forms for three kinds of models.</summary>
/// <param name="Count">Number of items.</param>
/// <param name="Dense">Items × <see cref="DenseWidth"/>, row-major: one-hot buckets of numbers, multi-hot categories; for the item tower.</param>
/// <param name="DenseWidth">Numbers per item in <paramref name="Dense"/>; may be 0.</param>
/// <param name="Tokens">Per item, ids of hashed words and of a prefix of the item's id, 1 to <see cref="TokenBuckets"/>; for the item tower.</param>
/// <param name="TokenBuckets">Number of token ids.</param>
/// <param name="Terms">Per item, ascending term ids of the sparse content vector: words, categories, prefix of the id, buckets of numbers; for ridges and neighbours.</param>
/// <param name="TermWeights">Weights that go with <paramref name="Terms"/>, value for value: (1 + ln tf) · idf over the training catalogue, each item's vector of length 1.</param>
/// <param name="TermCount">Number of terms.</param>
public sealed record ItemTraits(int Count, float[] Dense, int DenseWidth, RowLists Tokens, int TokenBuckets, RowLists Terms, float[] TermWeights, int TermCount)
{
    /// <summary>What each number of <see cref="Dense"/> stands for, by which a later training finds its weights again: "column=category", "column#bucket/buckets"; empty where it means nothing to another
    /// training. None at all where nobody wrote them down.</summary>
    public IReadOnlyList<string> DenseNames { get; init; } = [];
}
