using System.ComponentModel.DataAnnotations;

namespace Inference.Server.Admission;

/// <summary>What connections may hold, whoever opens them: docs/overload.md adds it up.</summary>
public sealed class ConnectionOptions : IValidatableObject
{
    /// <summary>Most open connections of all addresses; further ones are closed at once.</summary>
    /// <value>1 to 1,000,000; default 4,096.</value>
    [Range(1, 1_000_000)]
    public int MaxConnections { get; set; } = 4096;

    /// <summary>Bytes that one HTTP/2 connection may send before the server has read some of them.</summary>
    /// <value>65,535 to 16,777,216; default 524,288 (512 KiB).</value>
    [Range(65_535, 1 << 24)]
    public int ConnectionWindowBytes { get; set; } = 512 << 10;

    /// <summary>Bytes that one call may send before the server has read some of them.</summary>
    /// <value>65,535 to 16,777,216; default 262,144 (256 KiB).</value>
    [Range(65_535, 1 << 24)]
    public int StreamWindowBytes { get; set; } = 256 << 10;

    /// <summary>Bytes a second that a client has to take of an answer, or its connection is closed.</summary>
    /// <value>0 (no bound) to 1,000,000,000; default 240.</value>
    [Range(0, 1_000_000_000)]
    public int MinResponseBytesPerSecond { get; set; } = 240;

    /// <summary>How long a client may take nothing of an answer before that counts.</summary>
    /// <value>00:00:01.100 to 00:10:00; default 00:00:05.</value>
    [Range(typeof(TimeSpan), "00:00:01.100", "00:10:00")]
    public TimeSpan ResponseGrace { get; set; } = TimeSpan.FromSeconds(5);

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (StreamWindowBytes > ConnectionWindowBytes)
            yield return new ValidationResult("a call's window must not be larger than its connection's", [nameof(StreamWindowBytes), nameof(ConnectionWindowBytes)]);
    }
}
