namespace Inference.Recommendations.Comparison;

/// <summary>Which requests are answered a second time, and what that may take.</summary>
/// <param name="Version">"name/version" of the version that answers in the shadow; "" for none.</param>
/// <param name="Share">Share of the requests, 0 to 1.</param>
/// <param name="MaxInFlight">Most requests that are answered in the shadow at the same time, at least 1.</param>
/// <param name="QueueLength">Most requests that wait for that, at least 1; further ones are dropped.</param>
public sealed record ShadowPlan(string Version, double Share, int MaxInFlight = 1, int QueueLength = 64)
{
    /// <summary>Whether there is anything to do.</summary>
    public bool IsOn => Version.Length > 0 && Share > 0;
}
