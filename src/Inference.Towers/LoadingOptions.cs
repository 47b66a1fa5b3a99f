using System.ComponentModel.DataAnnotations;
using Inference.Vectors;

namespace Inference.Towers;

/// <summary>What loading a bundle may take from the server that answers meanwhile, and what it keeps for the next time.</summary>
public sealed class LoadingOptions
{
    /// <summary>The value of <see cref="CacheFolder"/> that stands for the user's own cache folder.</summary>
    public const string UsersCache = "auto";

    /// <summary>Threads that load a bundle while another one answers. The first bundle of a process is loaded on all processors, for nobody is served yet.</summary>
    /// <value>0 to 1,024, 0 for one in four processors and at least one; default 0.</value>
    [Range(0, 1024)]
    public int Threads { get; set; }

    /// <summary>
    /// How far the threads of such a load stand back behind those that answer: at 19 they get what is left over, so that a saturated server loads slowly; at 0 they compete as equals.
    /// </summary>
    /// <value>0 to 19; default 19.</value>
    [Range(0, ThreadNiceness.Last)]
    public int Niceness { get; set; } = ThreadNiceness.Last;

    /// <summary>
    /// Where item embeddings that the item tower computed, and graphs that were built over them, are kept by the hash of what they were made from, so that the next start does not make
    /// them again. Processes may share it. A folder that cannot be written or holds damaged files costs a warning and the time.
    /// </summary>
    /// <value>A folder, "" to keep nothing, or "auto": "inference" in the user's cache folder ($XDG_CACHE_HOME or ~/.cache; ~/Library/Caches; %LOCALAPPDATA%); default "auto".</value>
    public string CacheFolder { get; set; } = UsersCache;

    /// <summary>Most bytes that are kept; what was not used for the longest time goes first.</summary>
    /// <value>0 to 1,099,511,627,776 (1 TiB), 0 to keep nothing; default 4,294,967,296 (4 GiB).</value>
    [Range(typeof(long), "0", "1099511627776")]
    public long CacheBytes { get; set; } = 4L << 30;

    /// <summary>How long the parts of a new bundle are exercised before it answers, so that its first users do not wait for memory and code that are touched for the first time. The first bundle of a process is then asked what requests ask, and called as clients call, for as long again at most each.</summary>
    /// <value>00:00:00 to 00:05:00; default 00:00:05. It ends earlier when everything was touched; a run under way is not cut off.</value>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan WarmUpTime { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>The folder to keep things in; null for none.</summary>
    internal string? ResolveCacheFolder()
    {
        if (CacheBytes == 0 || CacheFolder.Length == 0)
            return null;
        if (CacheFolder != UsersCache)
            return Path.GetFullPath(CacheFolder);
        string? users = OperatingSystem.IsWindows()
            ? Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData)
            : Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } own
                ? own
                : UnderHome(OperatingSystem.IsMacOS() ? "Library/Caches" : ".cache");
        // Without a home, as in many containers, there is nothing that outlives the process anyway.
        return Path.IsPathFullyQualified(users ?? "") ? Path.Combine(users!, "inference") : null;
    }

    private static string? UnderHome(string folder) => Environment.GetEnvironmentVariable("HOME") is { Length: > 1 } home ? Path.Combine(home, folder) : null;
}
