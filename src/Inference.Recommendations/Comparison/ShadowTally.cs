namespace Inference.Recommendations.Comparison;

/// <summary>What has been counted of one pair of versions. Safe for concurrent use.</summary>
internal sealed class ShadowTally(string activeVersion, DateTimeOffset since)
{
    private readonly Lock _lock = new();
    private readonly SimilarityMeans _means = new();
    private readonly LatencyHistogram _active = new();
    private readonly LatencyHistogram _shadow = new();
    private long _dropped;
    private long _failed;

    public string ActiveVersion { get; } = activeVersion;

    public void Dropped() => Interlocked.Increment(ref _dropped);

    public void Failed() => Interlocked.Increment(ref _failed);

    public void Compared(in SlateSimilarity similarity, TimeSpan active, TimeSpan shadow)
    {
        lock (_lock)
            _means.Add(similarity);
        _active.Record((long)active.TotalNanoseconds);
        _shadow.Record((long)shadow.TotalNanoseconds);
    }

    public ShadowReport Report(ShadowPlan plan)
    {
        lock (_lock)
        {
            return new ShadowReport
            {
                Active = Side(ActiveVersion, _active),
                Shadow = Side(plan.Version, _shadow),
                Since = since,
                Share = plan.Share,
                Compared = _means.Count,
                Dropped = Interlocked.Read(ref _dropped),
                Failed = Interlocked.Read(ref _failed),
                Overlap = _means.Overlap,
                RankCorrelation = _means.RankCorrelation,
                RankBiasedOverlap = _means.RankBiasedOverlap,
                SameTop = _means.SameTop,
            };
        }
    }

    private static ShadowSide Side(string version, LatencyHistogram times) => new(version, TimeSpan.FromMicroseconds(times.Mean / 1e3), TimeSpan.FromMicroseconds(times.Quantile(0.99) / 1e3));
}
