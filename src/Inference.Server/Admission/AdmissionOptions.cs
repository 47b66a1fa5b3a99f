using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Admission;

/// <summary>What becomes of a call of Recommend for which there is no room.</summary>
public enum OverflowAnswer
{
    /// <summary>UNAVAILABLE, with the time after which another try may succeed.</summary>
    Refuse,

    /// <summary>A labelled answer that no model computes: profiles of clusters, popularity.</summary>
    Popularity,
}

/// <summary>Which calls are let in when there are more than can be answered: docs/overload.md.</summary>
public sealed class AdmissionOptions : IValidatableObject
{
    /// <summary>Whether calls wait or are refused while there is no room. Off, only MaxCalls, quotas and the bounds of time hold.</summary>
    /// <value>true or false; default true.</value>
    public bool Enabled { get; set; } = true;

    /// <summary>Least calls that are worked on at once, however slow they are.</summary>
    /// <value>1 to 100,000; default 4.</value>
    [Range(1, 100_000)]
    public int MinConcurrency { get; set; } = 4;

    /// <summary>Most calls that are worked on at once; between both the limit follows the time that calls take.</summary>
    /// <value>1 to 100,000; default 1,024.</value>
    [Range(1, 100_000)]
    public int MaxConcurrency { get; set; } = 1024;

    /// <summary>How many times longer than alone a call may take before fewer are worked on at once.</summary>
    /// <value>1.1 to 100; default 8.</value>
    [Range(1.1, 100.0)]
    public double Tolerance { get; set; } = 8;

    /// <summary>Most calls that compute on threads at the same moment; others wait their turn, so that a thread is always left to refuse what is too much.</summary>
    /// <value>0 (as many as processors, and two for each run of a tower where towers take most of the time) to 10,000; default 0.</value>
    [Range(0, 10_000)]
    public int Threads { get; set; }

    /// <summary>Most calls that wait for room, of those that somebody waits for and of bulk work each. Elements of streams wait beside them.</summary>
    /// <value>0 (nothing waits) to 100,000; default 1,024.</value>
    [Range(0, 100_000)]
    public int QueueLength { get; set; } = 1024;

    /// <summary>Longest wait for room. What would wait longer, or too long for its deadline, is refused when it comes.</summary>
    /// <value>00:00:00.001 to 00:01:00; default 00:00:00.100.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan MaxQueueWait { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Share of the calls worked on at once that bulk work may have: RecommendStream, EmbedItems, changes of the catalogue.</summary>
    /// <value>0.01 to 1; default 0.5.</value>
    [Range(0.01, 1.0)]
    public double BulkShare { get; set; } = 0.5;

    /// <summary>What becomes of a call of Recommend for which there is no room.</summary>
    /// <value>Refuse or Popularity; default Refuse.</value>
    public OverflowAnswer Overflow { get; set; }

    /// <summary>Most calls at once that are answered without a model because there is no room; beyond them calls are refused.</summary>
    /// <value>1 to 100,000; default 64.</value>
    [Range(1, 100_000)]
    public int MaxOverflow { get; set; } = 64;

    /// <summary>After which time refused callers are asked to try again while few are refused; it grows with the share that is, and is spread by half to either side.</summary>
    /// <value>00:00:00.001 to 00:01:00; default 00:00:00.100.</value>
    [Range(typeof(TimeSpan), "00:00:00.001", "00:01:00")]
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Most calls in flight, waiting and streams included: what bounds the memory of requests.</summary>
    /// <value>1 to 1,000,000; default 4,096.</value>
    [Range(1, 1_000_000)]
    public int MaxCalls { get; set; } = 4096;

    /// <summary>Most streams in flight of health watchers and reflection, which are not among MaxCalls.</summary>
    /// <value>1 to 1,000,000; default 1,024.</value>
    [Range(1, 1_000_000)]
    public int MaxControlStreams { get; set; } = 1024;

    /// <summary>Longest time in which the message of a call has to arrive; then the call is cut off.</summary>
    /// <value>00:00:00.100 to 01:00:00; default 00:00:10.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan RequestReadTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a RecommendStream may be without a question before the server ends it.</summary>
    /// <value>00:00:00.100 to 24:00:00; default 00:05:00.</value>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan StreamIdleTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Calls a second of each client that has no quota of its own; clients without a name are told apart by their address.</summary>
    /// <value>0 (no limit) to 10,000,000; default 0.</value>
    [Range(0.0, 1e7)]
    public double ClientRequestsPerSecond { get; set; }

    /// <summary>Calls at once beyond that, of a client that was silent before.</summary>
    /// <value>0 (as many as a second has) to 10,000,000; default 0.</value>
    [Range(0, 10_000_000)]
    public int ClientBurst { get; set; }

    /// <summary>Calls in flight of each client that has no quota of its own.</summary>
    /// <value>0 (no limit) to 1,000,000; default 0.</value>
    [Range(0, 1_000_000)]
    public int ClientMaxConcurrent { get; set; }

    /// <summary>Whether `recsys.admission.quota.rejections` names clients that have a quota of their own; they are as many as the configuration has.</summary>
    /// <value>true or false; default false.</value>
    public bool ClientNamesInMetrics { get; set; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (MinConcurrency > MaxConcurrency)
            yield return new ValidationResult("the least must not be above the most", [nameof(MinConcurrency), nameof(MaxConcurrency)]);
    }

    /// <summary>The quota of clients that have none of their own; null where they have no limit.</summary>
    internal QuotaOptions? DefaultQuota() => ClientRequestsPerSecond > 0 || ClientMaxConcurrent > 0
        ? new QuotaOptions { RequestsPerSecond = ClientRequestsPerSecond, Burst = ClientBurst, MaxConcurrent = ClientMaxConcurrent }
        : null;
}
