using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Ports;

/// <summary>One change of the catalogue while it is served.</summary>
/// <param name="ItemId">Which item.</param>
/// <param name="Version">Of several changes of one item, the highest counts; 0 for a change that has none yet.</param>
/// <param name="Content">The item from now on; null when it is deleted.</param>
public readonly record struct ItemChange(string ItemId, long Version, ItemContent? Content);
