namespace Inference.Cli.BundleDiff;

/// <summary>What bundle B has to reach to be admitted; null asks for nothing.</summary>
/// <param name="MinOverlap10">Least mean overlap@10 of the requests that the towers answer.</param>
/// <param name="MinRankBiasedOverlap">Least mean rank-biased overlap of these.</param>
/// <param name="MaxLatencyRatio">Most of the median time of an answer, as a share of A's.</param>
/// <param name="MaxMemoryRatio">Most of the bytes of towers and index, as a share of A's.</param>
internal sealed record DiffGates(double? MinOverlap10 = null, double? MinRankBiasedOverlap = null, double? MaxLatencyRatio = null, double? MaxMemoryRatio = null)
{
    public bool Any => MinOverlap10 is not null || MinRankBiasedOverlap is not null || MaxLatencyRatio is not null || MaxMemoryRatio is not null;

    /// <summary>Each gate that was asked for, and whether it is met. What is not a number meets none.</summary>
    public IReadOnlyList<GateResult> Check(DiffReport report)
    {
        var results = new List<GateResult>();
        Least("overlap@10", report.Towers?.OverlapAt10, MinOverlap10);
        Least("RBO", report.Towers?.RankBiasedOverlap, MinRankBiasedOverlap);
        Most("latency ratio", report.LatencyRatio, MaxLatencyRatio);
        Most("memory ratio", report.MemoryRatio, MaxMemoryRatio);
        return results;

        void Least(string name, double? value, double? bound)
        {
            if (bound is { } least)
                results.Add(new GateResult(name, value ?? double.NaN, least, IsLeast: true, value >= least));
        }

        void Most(string name, double value, double? bound)
        {
            if (bound is { } most)
                results.Add(new GateResult(name, value, most, IsLeast: false, value <= most));
        }
    }
}

/// <summary>One gate.</summary>
/// <param name="Name">The figure.</param>
/// <param name="Value">What was measured; NaN where nothing was.</param>
/// <param name="Bound">What was asked for.</param>
/// <param name="IsLeast">Whether the bound is the least that will do; otherwise the most.</param>
/// <param name="IsMet">Whether the value is within it.</param>
internal readonly record struct GateResult(string Name, double Value, double Bound, bool IsLeast, bool IsMet)
{
    public override string ToString() => FormattableString.Invariant($"{Name} {Value:0.000} {(IsLeast ? "≥" : "≤")} {Bound:0.###}: {(IsMet ? "met" : "NOT met")}");
}
