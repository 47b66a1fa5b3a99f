using System.ComponentModel.DataAnnotations;

namespace Inference.Storage.Redis;

/// <summary>Where Redis is and how long it may take. Redis is a cache and a bus between replicas: the server runs without it.</summary>
public sealed class RedisOptions : IValidatableObject
{
    /// <summary>Nodes and connection options in the notation of StackExchange.Redis, for example "redis-1:6379,redis-2:6379,password=secret,ssl=true". Any node of a Redis Cluster leads to the others; with serviceName=NAME the addresses are those of Sentinels.</summary>
    /// <value>default "": no Redis, everything is kept in this process.</value>
    [DataType(DataType.Password)]
    public string Configuration { get; set; } = "";

    /// <summary>File with the certificates, as PEM, of the authorities that may vouch for Redis besides those that the system trusts; for ssl=true.</summary>
    /// <value>default "": those of the system alone.</value>
    public string CertificateAuthorities { get; set; } = "";

    /// <summary>Number of the database; Redis Cluster has only 0.</summary>
    /// <value>0 to 1,048,576; default 0.</value>
    [Range(0, 1 << 20)]
    public int Database { get; set; }

    /// <summary>First part of every key and channel, so that several services can share a Redis.</summary>
    /// <value>1 to 64 characters, neither braces nor spaces; default "rs".</value>
    [RegularExpression("[^{}\\s]{1,64}")]
    public string Prefix { get; set; } = "rs";

    /// <summary>After how long a command is given up and counts as failed. How long a reply waits is Inference:Recommend:UserStateBudget.</summary>
    /// <value>00:00:00.005 to 00:01:00; default 00:00:00.25 (250 ms).</value>
    [Range(typeof(TimeSpan), "00:00:00.005", "00:01:00")]
    public TimeSpan CommandTimeout { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>Share of commands that fail at which Redis is left alone for a while.</summary>
    /// <value>0.01 to 1; default 0.5.</value>
    [Range(0.01, 1)]
    public double BreakerFailureRatio { get; set; } = 0.5;

    /// <summary>For how long Redis is left alone before one command tries again.</summary>
    /// <value>00:00:00.5 to 00:05:00; default 00:00:01.</value>
    [Range(typeof(TimeSpan), "00:00:00.5", "00:05:00")]
    public TimeSpan BreakDuration { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Entries that the stream of events keeps, nearly; older ones go first.</summary>
    /// <value>1,000 to 1,000,000,000; default 1,000,000.</value>
    [Range(1_000, 1_000_000_000)]
    public int EventStreamLength { get; set; } = 1_000_000;

    /// <summary>Whether a Redis is configured.</summary>
    public bool IsConfigured => Configuration.Length > 0;

    /// <summary>The same for another Redis.</summary>
    public RedisOptions At(string configuration) => new()
    {
        Configuration = configuration,
        CertificateAuthorities = CertificateAuthorities,
        Prefix = Prefix,
        CommandTimeout = CommandTimeout,
        BreakerFailureRatio = BreakerFailureRatio,
        BreakDuration = BreakDuration,
    };

    /// <summary>What attributes cannot say.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (IsConfigured && RedisConnector.Problem(this) is { } problem)
            yield return new ValidationResult(problem, [nameof(Configuration)]);
    }
}
