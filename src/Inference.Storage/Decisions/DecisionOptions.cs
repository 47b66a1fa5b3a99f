using System.ComponentModel.DataAnnotations;

namespace Inference.Storage.Decisions;

/// <summary>The log of decisions: what was shown, by which chances, and what became of it, for replay. It never holds up a reply; what cannot be kept is dropped and counted.</summary>
public sealed class DecisionOptions
{
    /// <summary>Folder of the log, one for each process: files of JSON lines with decisions and the events that name their requests. It is made where it is missing.</summary>
    /// <value>default "": no files.</value>
    public string Folder { get; set; } = "";

    /// <summary>At which size a file is followed by the next; a day ends it too.</summary>
    /// <value>4,096 to 1,099,511,627,776 (1 TiB); default 67,108,864 (64 MiB).</value>
    [Range(4_096, 1L << 40)]
    public long MaxFileBytes { get; set; } = 64L << 20;

    /// <summary>Most files; the oldest go.</summary>
    /// <value>2 to 100,000; default 64.</value>
    [Range(2, 100_000)]
    public int MaxFiles { get; set; } = 64;

    /// <summary>How long a file is kept after its last line, and so, but for a day, how long users' keys are in the log at the longest.</summary>
    /// <value>00:01:00 to 3650.00:00:00; default 30.00:00:00 (30 days).</value>
    [Range(typeof(TimeSpan), "00:01:00", "3650.00:00:00")]
    public TimeSpan MaxAge { get; set; } = TimeSpan.FromDays(30);

    /// <summary>Share of the requests without chance that are kept as well, chosen by the request's id. Those in which chance had a part are all kept.</summary>
    /// <value>0 to 1; default 0.</value>
    [Range(0, 1.0)]
    public double Share { get; set; }

    /// <summary>Whether files name users, by their keys. Without them intervals of a replay take the requests of a user for independent.</summary>
    /// <value>true or false; default true.</value>
    public bool UserKeys { get; set; } = true;

    /// <summary>Decisions and events that wait at most to be written; further ones are dropped, and counted.</summary>
    /// <value>16 to 10,000,000; default 8,192.</value>
    [Range(16, 10_000_000)]
    public int QueueLength { get; set; } = 8_192;

    /// <summary>Whether decisions go to a stream in Redis too, where one is configured, without users; events are in the stream of events.</summary>
    /// <value>true or false; default false.</value>
    public bool ToRedis { get; set; }

    /// <summary>Entries that the stream of decisions keeps, nearly; older ones go first. An entry with a pool of 50 items has about 4 kB.</summary>
    /// <value>1,000 to 1,000,000,000; default 100,000.</value>
    [Range(1_000, 1_000_000_000)]
    public int RedisLength { get; set; } = 100_000;

    /// <summary>Whether anything is kept.</summary>
    public bool IsOn => Folder.Length > 0 || ToRedis;
}
