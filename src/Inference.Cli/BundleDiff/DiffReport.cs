using Inference.Recommendations.Snapshots;

namespace Inference.Cli.BundleDiff;

/// <summary>How the spaces of two bundles belong together.</summary>
internal enum SpaceRelation
{
    /// <summary>One space: vectors of both compare.</summary>
    Same,

    /// <summary>B was trained on from A: its parent space is A's.</summary>
    ChildOfA,

    /// <summary>A was trained on from B.</summary>
    ParentOfA,

    /// <summary>Both were trained on from one space.</summary>
    Siblings,

    /// <summary>Neither manifest says anything of the other.</summary>
    Unrelated,
}

/// <summary>Times of one part, in microseconds; zeros where it never ran.</summary>
internal readonly record struct PartLatency(long Count, double P50, double P99);

/// <summary>One bundle, and what it took.</summary>
internal sealed record SideReport
{
    public required string Folder { get; init; }

    public required ModelIdentity Model { get; init; }

    public required int Items { get; init; }

    /// <summary>Bytes of the models' files, weights beside them included.</summary>
    public required long ModelBytes { get; init; }

    public required long IndexBytes { get; init; }

    public required string IndexKind { get; init; }

    public required TimeSpan LoadTime { get; init; }

    /// <summary>One run of the user tower, as the pipeline waits for it.</summary>
    public required PartLatency Tower { get; init; }

    /// <summary>One search of the index.</summary>
    public required PartLatency Search { get; init; }

    /// <summary>Whole answers of the pipeline to requests that reach the tower.</summary>
    public required PartLatency Answer { get; init; }
}

/// <summary>How alike the slates of one scenario are; means over its requests, NaN where there are none.</summary>
/// <param name="Name">The scenario.</param>
/// <param name="Requests">How many requests were compared.</param>
/// <param name="Overlaps">Overlap@k by cut-off, on the items that both have.</param>
/// <param name="OverlapAt10">The one at 10.</param>
/// <param name="RankCorrelation">Kendall's τ-b of the whole slates.</param>
/// <param name="RankBiasedOverlap">Rank-biased overlap, p = 0.9.</param>
/// <param name="SameRung">Share of the requests that the same rung of the ladder served.</param>
/// <param name="CoverageA">Share of A's items that are in any of its slates.</param>
/// <param name="CoverageB">Share of B's.</param>
/// <param name="ServedOverlapAt10">Overlap@10 of what would be served, items that one side lacks included.</param>
/// <param name="OnlyInA">Share of the places of A's slates, as served, whose item B lacks.</param>
/// <param name="OnlyInB">Share of the places of B's slates whose item A lacks.</param>
internal sealed record ScenarioReport(
    string Name, long Requests, IReadOnlyList<double> Overlaps, double OverlapAt10, double RankCorrelation, double RankBiasedOverlap, double SameRung,
    double CoverageA, double CoverageB, double ServedOverlapAt10, double OnlyInA, double OnlyInB);

/// <summary>How near the vectors of one space are: cosines.</summary>
internal readonly record struct VectorReport(long Count, double Mean, double Least);

/// <summary>Everything that a comparison of two bundles found.</summary>
internal sealed record DiffReport
{
    public required SideReport A { get; init; }

    public required SideReport B { get; init; }

    public required SpaceRelation Relation { get; init; }

    /// <summary>Users' embeddings and items' vectors; null where the spaces differ, for then they do not compare.</summary>
    public required VectorReport? UserVectors { get; init; }

    public required VectorReport? ItemVectors { get; init; }

    public required int ItemsInBoth { get; init; }

    public required IReadOnlyList<int> Cutoffs { get; init; }

    public required IReadOnlyList<ScenarioReport> Scenarios { get; init; }

    /// <summary>All requests that reach the towers together; null where there were none.</summary>
    public required ScenarioReport? Towers { get; init; }

    public required IReadOnlyList<string> Warnings { get; init; }

    public int ItemsOnlyInA => A.Items - ItemsInBoth;

    public int ItemsOnlyInB => B.Items - ItemsInBoth;

    public bool SameItems => ItemsOnlyInA == 0 && ItemsOnlyInB == 0;

    /// <summary>Median time of B's answers as a share of A's; NaN where none reached the towers.</summary>
    public double LatencyRatio => B.Answer.P50 / A.Answer.P50;

    /// <summary>Bytes of B's towers and index as a share of A's.</summary>
    public double MemoryRatio => (double)(B.ModelBytes + B.IndexBytes) / (A.ModelBytes + A.IndexBytes);
}
