namespace Inference.Cli.Load.Plot;

/// <summary>Which picture the results of loads make.</summary>
internal enum LoadPlotKind
{
    /// <summary>Latency against the offered rate.</summary>
    Curve = 0,

    /// <summary>Latency by percentile.</summary>
    Percentiles,

    /// <summary>Latency by time.</summary>
    Series,
}
