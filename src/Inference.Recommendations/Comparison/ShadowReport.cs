namespace Inference.Recommendations.Comparison;

/// <summary>How one side answered.</summary>
/// <param name="Version">"name/version".</param>
/// <param name="Mean">Mean time of an answer.</param>
/// <param name="P99">Time that 99 % of the answers did not exceed.</param>
public readonly record struct ShadowSide(string Version, TimeSpan Mean, TimeSpan P99);

/// <summary>The comparison of the active version with the one in its shadow, so far.</summary>
public sealed record ShadowReport
{
    /// <summary>Times include embeddings that were cached, which the shadow never has.</summary>
    public required ShadowSide Active { get; init; }

    public required ShadowSide Shadow { get; init; }

    /// <summary>When this pair began to be compared.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>Share of the requests that are chosen.</summary>
    public required double Share { get; init; }

    /// <summary>Requests that both answered.</summary>
    public required long Compared { get; init; }

    /// <summary>Requests that were chosen and given up because too many waited.</summary>
    public required long Dropped { get; init; }

    /// <summary>Requests that the shadow version could not answer as it should: it was not loaded, threw, or its tower failed or was late.</summary>
    public required long Failed { get; init; }

    /// <summary>Mean overlap@10; NaN before the first comparison.</summary>
    public required double Overlap { get; init; }

    /// <summary>Mean τ-b of the slates; NaN before the first that has one.</summary>
    public required double RankCorrelation { get; init; }

    /// <summary>Mean rank-biased overlap, p = 0.9; NaN before the first comparison.</summary>
    public required double RankBiasedOverlap { get; init; }

    /// <summary>Share of the requests with the same first item; NaN before the first comparison.</summary>
    public required double SameTop { get; init; }
}
