using Inference.Towers.Bundles;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.Loading;

/// <summary>
/// The folder in which parts of snapshots wait for the next load, under the names that <see cref="PartKeys"/> gives them.
/// <list type="number">
/// <item>A part is an index file (<see cref="VectorIndex.Save"/>): written beside its place, flushed and renamed, so processes that share the folder see whole files only, and whoever writes
/// the same part last replaces it by its equal.</item>
/// <item>Its checksums are checked when it is read. A damaged part is removed and made again.</item>
/// <item>The time of the file's last change is that of its last use; beyond the most bytes what was not used for the longest time goes. A mapped file that is removed stays readable for
/// those who have it.</item>
/// </list>
/// The folder is a convenience: whatever goes wrong with it costs a warning and the time to make the part.
/// </summary>
internal sealed class PartCache(string folder, long maxBytes, ILogger logger, TimeProvider time)
{
    private const string EmbeddingsPart = "embeddings", IndexPart = "index";

    /// <summary>Files of a writer that was killed are left alone for so long, for they may be those of one that lives.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromHours(1);

    /// <summary>The cache that options ask for; null where they ask for none.</summary>
    public static PartCache? For(LoadingOptions? options, ILogger logger, TimeProvider time) =>
        options?.ResolveCacheFolder() is { } folder ? new PartCache(folder, options.CacheBytes, logger, time) : null;

    /// <summary>Embeddings of this name, in memory of their own; null when they are not there.</summary>
    /// <param name="key">From <see cref="PartKeys"/>.</param>
    /// <param name="isRight">Whether they are what they should be, as far as that is quickly told.</param>
    public VectorMatrix? FindEmbeddings(string key, Func<VectorMatrix, bool> isRight) =>
        Find(EmbeddingsPart, key, static path => VectorMatrix.Load(path, new IndexLoadOptions(Resident: true)), isRight);

    /// <summary>The index of this name; null when it is not there.</summary>
    /// <param name="key">From <see cref="PartKeys"/>.</param>
    /// <param name="isResident">Whether a graph is copied into memory, where that has room; otherwise it is mapped, and the system's page cache is its memory.</param>
    /// <param name="isRight">Whether it is what it should be, as far as that is quickly told.</param>
    public VectorIndex? FindIndex(string key, bool isResident, Func<VectorIndex, bool> isRight) => Find(IndexPart, key, path => LoadIndex(path, isResident), isRight);

    /// <summary>Keeps embeddings; never fails.</summary>
    public void Keep(string key, VectorMatrix embeddings) => Keep(EmbeddingsPart, key, (long)embeddings.Count * embeddings.Dimension * sizeof(float), embeddings.Save);

    /// <summary>Keeps an index; never fails.</summary>
    public void Keep(string key, VectorIndex index) => Keep(IndexPart, key, index.Bytes, index.Save);

    /// <summary>Where embeddings lie, or will.</summary>
    public string PathOfEmbeddings(string key) => PathOf(EmbeddingsPart, key);

    /// <summary>Where a part lies.</summary>
    public string PathOf(string part, string key) => Path.Combine(folder, $"{key}.{part}");

    private static VectorIndex LoadIndex(string path, bool isResident)
    {
        if (isResident && IndexMemory.HasRoomFor(new FileInfo(path).Length, IndexMemory.Left))
            return VectorIndex.Load(path, new IndexLoadOptions(Resident: true));
        VectorIndex index = VectorIndex.Load(path);
        if (index.Kind is IndexKind.Fast or IndexKind.Compact)
            return index;
        // A scan reads all of it each time, which goes faster through huge pages than through the page cache's small ones.
        index.Dispose();
        return VectorIndex.Load(path, new IndexLoadOptions(Resident: true));
    }

    private T? Find<T>(string part, string key, Func<string, T> load, Func<T, bool> isRight)
        where T : class, IDisposable
    {
        string path = PathOf(part, key);
        var tag = new KeyValuePair<string, object?>(LoadMetrics.Part, part);
        T? found = null;
        try
        {
            if (!File.Exists(path))
            {
                LoadMetrics.CacheMisses.Add(1, tag);
                return null;
            }

            found = load(path);
            if (!isRight(found))
                throw new InvalidDataException($"{path}: It is not what its name says.");
            LoadMetrics.CacheHits.Add(1, tag);
            MarkUsed(path);
            return found;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException or NotSupportedException)
        {
            found?.Dispose();
            LoadMetrics.CacheFailures.Add(1, tag);
            logger.CacheUnreadable(part, e.Message);
            if (e is InvalidDataException)
                Remove(path);
            return null;
        }
        catch
        {
            found?.Dispose();
            throw;
        }
    }

    private void Keep(string part, string key, long bytes, Action<string> save)
    {
        string path = PathOf(part, key);
        try
        {
            CreateFolder();
            if (!MakeRoom(bytes, path))
                return;
            save(path);
            MarkUsed(path);
            DurableFiles.FlushFolder(folder);
            logger.CacheKept(part, bytes, path);
        }
        catch (ObjectDisposedException)
        {
            // The snapshot is gone already; the next load makes the part again.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            LoadMetrics.CacheFailures.Add(1, new KeyValuePair<string, object?>(LoadMetrics.Part, part));
            logger.CacheUnwritable(part, e.Message);
        }
    }

    private void CreateFolder()
    {
        if (OperatingSystem.IsWindows())
            Directory.CreateDirectory(folder);
        else
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Removes what was not used for the longest time until there is room; false when there cannot be.</summary>
    private bool MakeRoom(long bytes, string path)
    {
        if (bytes > maxBytes)
            return false;
        DateTime now = time.GetUtcNow().UtcDateTime;
        var parts = new List<FileInfo>();
        long total = bytes;
        foreach (FileInfo file in new DirectoryInfo(folder).EnumerateFiles())
        {
            if (file.Extension == ".tmp" && now - file.LastWriteTimeUtc > LongestWrite)
                Remove(file.FullName);
            // What others have in the folder is theirs.
            if (file.FullName == path || file.Extension is not ("." + EmbeddingsPart or "." + IndexPart))
                continue;
            parts.Add(file);
            total += file.Length;
        }

        foreach (FileInfo file in parts.OrderBy(file => file.LastWriteTimeUtc))
        {
            if (total <= maxBytes)
                break;
            total -= file.Length;
            Remove(file.FullName);
            LoadMetrics.CacheEvictions.Add(1, new KeyValuePair<string, object?>(LoadMetrics.Part, file.Extension[1..]));
        }

        return true;
    }

    private void MarkUsed(string path)
    {
        try
        {
            File.SetLastWriteTimeUtc(path, time.GetUtcNow().UtcDateTime);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A folder that is only read, or one whose file another process has just removed: the part is in hand.
        }
    }

    private static void Remove(string path)
    {
        try
        {
            File.Delete(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Another process has it open, or is faster; then it goes, or went, with that.
        }
    }
}
