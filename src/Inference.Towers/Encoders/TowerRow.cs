using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>What encoders read to fill one row of a batch.</summary>
/// <param name="features">Features of the user or the item.</param>
/// <param name="history">Rows of the catalogue, latest last, already trimmed to what the tower takes; empty for items.</param>
/// <param name="itemId">Id of the item; null for users.</param>
internal readonly ref struct TowerRow(FeatureSet features, ReadOnlySpan<int> history, string? itemId)
{
    public readonly FeatureSet Features = features;
    public readonly ReadOnlySpan<int> History = history;
    public readonly string? ItemId = itemId;
}
