using System.ComponentModel.DataAnnotations;

namespace Inference.Recommendations.Recall;

/// <summary>What answers while the measured recall of an index is too low.</summary>
public enum RecallFallback
{
    /// <summary>The index, as ever; replies say that its recall is low.</summary>
    Off,

    /// <summary>A scan that scores every eligible item, where it finds what the index misses.</summary>
    Exact,
}

/// <summary>What searches are held against.</summary>
public enum RecallTruth
{
    /// <summary>The fp32 embeddings of the bundle, read from its file or from the cache of loads; where neither is there, what the index holds.</summary>
    Embeddings,

    /// <summary>What the index holds of the items: tells what its search misses, not what its codes have lost.</summary>
    Index,
}

/// <summary>How the recall of the index is measured while it serves.</summary>
public sealed class RecallOptions
{
    /// <summary>Share of the searches of the index that are done a second time, exactly and off the serving path.</summary>
    /// <value>0 to 1, 0 for none; default 0.001.</value>
    [Range(0.0, 1.0)]
    public double Share { get; set; } = 0.001;

    /// <summary>Most that the checks may take of one processor core, over a minute. Searches that were chosen and do not fit are dropped and counted.</summary>
    /// <value>0.0001 to 1; default 0.01.</value>
    [Range(0.0001, 1.0)]
    public double ProcessorShare { get; set; } = 0.01;

    /// <summary>Most chosen searches that wait for their check; further ones are dropped and counted.</summary>
    /// <value>1 to 1,024; default 16.</value>
    [Range(1, 1024)]
    public int QueueLength { get; set; } = 16;

    /// <summary>Checks that an estimate is made of: the latest ones.</summary>
    /// <value>10 to 100,000; default 1,000.</value>
    [Range(10, 100_000)]
    public int Window { get; set; } = 1_000;

    /// <summary>Checks that are older play no part in the estimates that are reported. The alarm goes by the latest ones whatever their age.</summary>
    /// <value>00:01:00 to 7.00:00:00; default 01:00:00.</value>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan WindowTime { get; set; } = TimeSpan.FromHours(1);

    /// <summary>The recall that the index should have. Where the upper end of the interval of the latest MinSamples checks is below it the version counts as degraded.</summary>
    /// <value>0 to 1, 0 for no alarm; default 0.9.</value>
    [Range(0.0, 1.0)]
    public double Threshold { get; set; } = 0.9;

    /// <summary>Checks, the latest ones, that decide whether a version is degraded; at least as many decide whether it is no longer. Ten are enough where the interval is wholly below half the Threshold.</summary>
    /// <value>10 to 10,000; default 50.</value>
    [Range(10, 10_000)]
    public int MinSamples { get; set; } = 50;

    /// <summary>What answers while a version is degraded.</summary>
    /// <value>Off or Exact; default Off.</value>
    public RecallFallback Fallback { get; set; }

    /// <summary>What searches are held against.</summary>
    /// <value>Embeddings or Index; default Embeddings.</value>
    public RecallTruth Truth { get; set; }
}
