using Inference.Recommendations.Features;

namespace Inference.Recommendations.Ports;

/// <summary>What the item tower is given for one item.</summary>
/// <param name="ItemId">Id of the item; one that the tower was not trained on is treated as new.</param>
/// <param name="Features">The item's features.</param>
public readonly record struct ItemTowerInput(string ItemId, FeatureSet Features);

/// <summary>The item tower of one snapshot: turns items into vectors of its embedding space. Safe for concurrent use.</summary>
public interface IItemTower
{
    /// <summary>The item features that the tower reads.</summary>
    FeatureSchema Features { get; }

    /// <summary>Encodes items; arguments and failures as in <see cref="IUserTower.EncodeAsync"/>.</summary>
    ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken);
}
