using System.Diagnostics.Metrics;
using OpenTelemetry.Metrics;

namespace Inference.Server.Telemetry;

/// <summary>The bucket bounds of the server's histograms, in seconds. A histogram that is not listed keeps the bounds that its own library advises.</summary>
internal static class HistogramBounds
{
    /// <summary>Whole calls: 100 µs to 10 s.</summary>
    private static readonly double[] Calls =
        [0.0001, 0.0002, 0.0003, 0.0005, 0.00075, 0.001, 0.0015, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

    /// <summary>Parts of a call: 1 µs to 1 s.</summary>
    private static readonly double[] Parts =
        [0.000001, 0.000002, 0.000005, 0.00001, 0.00002, 0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1];

    /// <summary>Numbers of items: 0 to 5,000.</summary>
    private static readonly double[] Counts = [0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000];

    /// <summary>Shares: 0 to 1.</summary>
    private static readonly double[] Shares = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

    /// <summary>Correlations: −1 to 1.</summary>
    private static readonly double[] Correlations = [-1, -0.75, -0.5, -0.25, 0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1];

    /// <summary>Loading a model: 10 ms to 10 min.</summary>
    private static readonly double[] Loads = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600];

    public static MetricStreamConfiguration? ViewOf(Instrument instrument) => instrument.Name switch
    {
        "rpc.server.call.duration" => new ExplicitBucketHistogramConfiguration { Boundaries = Calls },
        "recsys.tower.duration" or "recsys.ranker.duration" or "recsys.index.search.duration" or "recsys.fusion.duration" or "recsys.filter.duration" or "recsys.fusion.source.duration" or "recsys.retriever.duration" => new ExplicitBucketHistogramConfiguration { Boundaries = Parts },
        "recsys.shadow.duration" or "recsys.recall.check.duration" or "recsys.admission.wait.duration" => new ExplicitBucketHistogramConfiguration { Boundaries = Parts },
        "recsys.retriever.candidates" => new ExplicitBucketHistogramConfiguration { Boundaries = Counts },
        "recsys.shadow.overlap" => new ExplicitBucketHistogramConfiguration { Boundaries = Shares },
        "recsys.shadow.rank_correlation" => new ExplicitBucketHistogramConfiguration { Boundaries = Correlations },
        "recsys.model.load.duration" or "recsys.catalogue.replay.duration" => new ExplicitBucketHistogramConfiguration { Boundaries = Loads },
        _ => null,
    };
}
