using System.Collections.Frozen;

namespace Inference.Recommendations.Snapshots;

/// <summary>How the values of one context feature speak for or against each cluster: log P(c | value) − log P(c), smoothed.</summary>
/// <param name="Feature">Name of the feature.</param>
/// <param name="LogLift">By value (a text, or a whole number in decimal): one number per cluster. Values with too few users are absent and say nothing.</param>
public sealed record ContextTable(string Feature, FrozenDictionary<string, float[]> LogLift);
