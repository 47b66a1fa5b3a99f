namespace Inference.Recommendations.Recall;

/// <summary>What was measured of the index of one version.</summary>
public sealed record RecallReport
{
    /// <summary>"name/version".</summary>
    public required string Version { get; init; }

    /// <summary>Share of the searches that are chosen.</summary>
    public required double Share { get; init; }

    /// <summary>Recall below which the version is degraded; 0 for none.</summary>
    public required double Threshold { get; init; }

    /// <summary>Whether the version is degraded.</summary>
    public required bool IsDegraded { get; init; }

    /// <summary>Whether a scan answers instead of the index.</summary>
    public required bool Scans { get; init; }

    /// <summary>One sentence on the degradation; empty where there is none.</summary>
    public required string Detail { get; init; }

    /// <summary>Whether searches are held against the fp32 embeddings of the bundle; else against what the index holds.</summary>
    public required bool IsAgainstEmbeddings { get; init; }

    /// <summary>Of all checks in the window.</summary>
    public required RecallEstimate Overall { get; init; }

    /// <summary>What a scan by what the index holds finds: what is missing here is lost in the codes, not in the search.</summary>
    public required RecallEstimate Scan { get; init; }

    /// <summary>By how much of the catalogue the searches could return, in the order of <see cref="FilterClass"/>.</summary>
    public required IReadOnlyList<RecallEstimate> ByFilter { get; init; }

    /// <summary>Checks since the version was loaded.</summary>
    public required long Checked { get; init; }

    /// <summary>Searches that were chosen and dropped: too many waited, or the checks had their share of the processor.</summary>
    public required long Dropped { get; init; }

    /// <summary>Checks that failed.</summary>
    public required long Failed { get; init; }
}
