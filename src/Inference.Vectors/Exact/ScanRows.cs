namespace Inference.Vectors.Exact;

/// <summary>What a <see cref="ScanIndex"/> is made of, for the searches that run in it.</summary>
/// <param name="Metric">How vectors are compared.</param>
/// <param name="Dimension">Elements of a vector.</param>
/// <param name="Codes">The 8-bit codes.</param>
/// <param name="LargestInverse">The largest 1 ∕ |x| for cosine, otherwise 1.</param>
/// <param name="Numbers">The row number of each row of the matrix; empty where they are the same.</param>
/// <param name="RowOf">The row of the matrix of each row number, −1 where it is absent; empty where they are the same.</param>
internal sealed record ScanRows(Metric Metric, int Dimension, ScanCodes Codes, double LargestInverse, int[] Numbers, int[] RowOf)
{
    public int NumberOf(int row) => Numbers.Length == 0 ? row : Numbers[row];
}
