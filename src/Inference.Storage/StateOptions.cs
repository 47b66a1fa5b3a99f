using System.ComponentModel.DataAnnotations;
using System.Text;
using Inference.Recommendations.Users;

namespace Inference.Storage;

/// <summary>What is kept of users, how long, and in how much memory.</summary>
public sealed class StateOptions : IValidatableObject
{
    /// <summary>Stands in where no secret is configured, so that replicas agree without configuration; it keeps ids out of sight, not out of reach.</summary>
    private const string PublicSecret = "inference: a secret that everybody knows";

    /// <summary>Secret under which users become keys (HMAC-SHA256): all replicas need the same one. Without it keys can be guessed by whoever can guess ids.</summary>
    /// <value>Any text, best 32 random bytes as base64; default "", which the log warns of when Redis is configured.</value>
    [DataType(DataType.Password)]
    public string UserKeySecret { get; set; } = "";

    /// <summary>The secret before the last rotation: what is kept under its keys moves to the present ones as users come back.</summary>
    /// <value>Any text; default "".</value>
    [DataType(DataType.Password)]
    public string FormerUserKeySecret { get; set; } = "";

    /// <summary>Most interactions kept of a user; older ones go first.</summary>
    /// <value>1 to 10,000; default 200.</value>
    [Range(1, 10_000)]
    public int MaxHistory { get; set; } = 200;

    /// <summary>How long a user's state is kept after the last event.</summary>
    /// <value>00:01:00 to 3650.00:00:00; default 90.00:00:00 (90 days).</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan UserTimeToLive { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long a forgotten user stays forgotten: events of that time are refused.</summary>
    /// <value>00:01:00 to 3650.00:00:00; default 30.00:00:00 (30 days).</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan ForgottenFor { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Memory for user states in this process.</summary>
    /// <value>1,048,576 (1 MiB) to 1,099,511,627,776 (1 TiB); default 134,217,728 (128 MiB).</value>
    [Range(1L << 20, 1L << 40)]
    public long UserCacheBytes { get; set; } = 128L << 20;

    /// <summary>How long this process believes a user's state that Redis holds too, before it reads it again; messages of other replicas usually come first.</summary>
    /// <value>00:00:00.1 to 1.00:00:00; default 00:01:00.</value>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan UserFreshness { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>Memory for user embeddings in this process.</summary>
    /// <value>1,048,576 (1 MiB) to 1,099,511,627,776 (1 TiB); default 134,217,728 (128 MiB).</value>
    [Range(1L << 20, 1L << 40)]
    public long EmbeddingCacheBytes { get; set; } = 128L << 20;

    /// <summary>How long a cached embedding lives, less up to a tenth by chance, so that many do not end at once.</summary>
    /// <value>00:00:01 to 30.00:00:00; default 1.00:00:00 (a day).</value>
    [Range(typeof(TimeSpan), "00:00:01", "30.00:00:00")]
    public TimeSpan EmbeddingTimeToLive { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Memory for what users' contexts said of the clusters of a model (Inference:Fusion:RememberContext).</summary>
    /// <value>1,048,576 (1 MiB) to 1,099,511,627,776 (1 TiB); default 33,554,432 (32 MiB).</value>
    [Range(1L << 20, 1L << 40)]
    public long ContextCacheBytes { get; set; } = 32L << 20;

    /// <summary>How long that is kept, less up to a tenth by chance.</summary>
    /// <value>01:00:00 to 3650.00:00:00; default 30.00:00:00 (30 days).</value>
    [Range(typeof(TimeSpan), "01:00:00", "3650.00:00:00")]
    public TimeSpan ContextTimeToLive { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Events that wait at most while Redis is away; further ones are dropped, and counted.</summary>
    /// <value>0 to 10,000,000; default 100,000.</value>
    [Range(0, 10_000_000)]
    public int EventBuffer { get; set; } = 100_000;

    /// <summary>In which time a count of trends fades to half: what is touched more often lately is known by counts that fade faster than those of popularity.</summary>
    /// <value>00:01:00 to 30.00:00:00; default 06:00:00 (six hours).</value>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan TrendHalfLife { get; set; } = TimeSpan.FromHours(6);

    /// <summary>In which time a count of popularity fades to half.</summary>
    /// <value>00:01:00 to 365.00:00:00; default 7.00:00:00 (a week).</value>
    [Range(typeof(TimeSpan), "00:01:00", "365.00:00:00")]
    public TimeSpan PopularityHalfLife { get; set; } = TimeSpan.FromDays(7);

    /// <summary>Whether the secret is one that everybody can know.</summary>
    public bool IsSecretPublic => UserKeySecret.Length == 0;

    /// <summary>The keys of users under the configured secrets.</summary>
    public UserKeyRing ToKeyRing() => new(
        Encoding.UTF8.GetBytes(IsSecretPublic ? PublicSecret : UserKeySecret),
        FormerUserKeySecret.Length == 0 ? null : Encoding.UTF8.GetBytes(FormerUserKeySecret));

    /// <summary>The rules that span options.</summary>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (FormerUserKeySecret.Length > 0 && FormerUserKeySecret == UserKeySecret)
            yield return new ValidationResult("FormerUserKeySecret must differ from UserKeySecret", [nameof(FormerUserKeySecret)]);
    }
}
