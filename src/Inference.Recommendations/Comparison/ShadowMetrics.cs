using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Inference.Recommendations.Comparison;

/// <summary>What is counted and measured of shadow traffic. Versions are those that are loaded, so that tags stay bounded.</summary>
public sealed class ShadowMetrics
{
    private readonly Counter<long> _requests;
    private readonly Histogram<double> _overlap;
    private readonly Histogram<double> _correlation;
    private readonly Histogram<double> _duration;

    public ShadowMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(RecommendationMetrics.MeterName);
        _requests = meter.CreateCounter<long>("recsys.shadow.requests", "{request}", "Requests that were chosen to be answered by the shadow version too, by outcome.");
        _overlap = meter.CreateHistogram<double>("recsys.shadow.overlap", "1", "Share of the first ten items of both slates that is the same (overlap@10).");
        _correlation = meter.CreateHistogram<double>("recsys.shadow.rank_correlation", "1", "Kendall's rank correlation (tau-b) of both slates.");
        _duration = meter.CreateHistogram<double>("recsys.shadow.duration", "s", "Time to answer a request that was answered twice, by side.");
    }

    internal void Counted(string activeVersion, string shadowVersion, string outcome) => _requests.Add(1, new TagList
    {
        { "recsys.outcome", outcome },
        { "recsys.model.version", activeVersion },
        { "recsys.shadow.version", shadowVersion },
    });

    internal void Compared(string activeVersion, string shadowVersion, in SlateSimilarity similarity, TimeSpan active, TimeSpan shadow)
    {
        var versions = new TagList { { "recsys.model.version", activeVersion }, { "recsys.shadow.version", shadowVersion } };
        _overlap.Record(similarity.Overlap, versions);
        if (!double.IsNaN(similarity.RankCorrelation))
            _correlation.Record(similarity.RankCorrelation, versions);
        _duration.Record(active.TotalSeconds, Of("active"));
        _duration.Record(shadow.TotalSeconds, Of("shadow"));

        TagList Of(string side) => new() { { "recsys.side", side }, { "recsys.model.version", activeVersion }, { "recsys.shadow.version", shadowVersion } };
    }
}
