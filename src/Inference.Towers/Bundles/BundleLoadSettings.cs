using Inference.Recommendations.Fusion;
using Inference.Towers.Loading;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Towers.Bundles;

/// <summary>How a bundle is loaded.</summary>
public sealed record BundleLoadSettings
{
    /// <summary>How towers run.</summary>
    public TowerOptions Towers { get; init; } = new();

    /// <summary>How items are indexed.</summary>
    public ItemIndexOptions Index { get; init; } = new();

    /// <summary>How fused models score.</summary>
    public FusionOptions Fusion { get; init; } = new();

    /// <summary>What the load takes and keeps; null for a tool that loads once, on the whole machine, and keeps nothing.</summary>
    public LoadingOptions? Loading { get; init; }

    /// <summary>Whether somebody is served meanwhile.</summary>
    public LoadPace Pace { get; init; } = LoadPace.Full;

    /// <summary>Receives how far the load is, from its threads; may be null.</summary>
    public IProgress<BundleLoadProgress>? Progress { get; init; }

    /// <summary>Receives warnings and one line when the bundle is loaded.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Clock for timings and time-outs.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
