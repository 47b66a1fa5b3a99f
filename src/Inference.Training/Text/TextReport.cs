using Inference.Training.Evaluation;

namespace Inference.Training.Text;

/// <summary>What became of text embeddings.</summary>
/// <param name="IsAdmitted">Whether models get them.</param>
/// <param name="Width">Numbers per item.</param>
/// <param name="Texts">Items with a text.</param>
/// <param name="Comparison">NDCG@10 of unseen items on the validation part with them, held against metadata alone; null where that could not be measured.</param>
/// <param name="Reason">In words.</param>
public sealed record TextReport(bool IsAdmitted, int Width, int Texts, PairedComparison? Comparison, string Reason);
