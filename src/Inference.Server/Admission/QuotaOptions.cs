using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Admission;

/// <summary>How much one client may ask for, beside all others.</summary>
public sealed class QuotaOptions
{
    /// <summary>Calls a second, over a longer time; elements of streams count as calls.</summary>
    /// <value>0 (no limit) to 10,000,000; default 0.</value>
    [Range(0.0, 1e7)]
    public double RequestsPerSecond { get; set; }

    /// <summary>Calls at once beyond that, of a client that was silent before.</summary>
    /// <value>0 (as many as a second has) to 10,000,000; default 0.</value>
    [Range(0, 10_000_000)]
    public int Burst { get; set; }

    /// <summary>Calls in flight at the same time; a stream is one.</summary>
    /// <value>0 (no limit) to 1,000,000; default 0.</value>
    [Range(0, 1_000_000)]
    public int MaxConcurrent { get; set; }
}
