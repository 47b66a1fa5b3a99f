using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Inference.Recommendations.Queries;

namespace Inference.Recommendations;

/// <summary>
/// Slates by version and rung, and their items. Every request counts here, so it is two additions: a counter of OpenTelemetry would look its attributes up, once for each exporter, which is several times as much. It is read when
/// somebody collects. Safe for concurrent use.
/// </summary>
internal sealed class ServedCounts
{
    private static readonly Rung[] Rungs = Enum.GetValues<Rung>();
    private static readonly int Places = Rungs.Max(static rung => (int)rung) + 1;

    private readonly ConcurrentDictionary<string, long[]> _versions = new(StringComparer.Ordinal);
    private volatile Version? _last;
    private long _items;

    /// <summary>Items in all slates.</summary>
    public long Items => Interlocked.Read(ref _items);

    public void Add(string version, Rung rung, int items)
    {
        Version? last = _last;
        // Nearly all requests are answered by one version, and it is the same string each time.
        if (last is null || !ReferenceEquals(last.Name, version))
            _last = last = new Version(version, _versions.GetOrAdd(version, static _ => new long[Places]));
        Interlocked.Increment(ref last.Counts[(int)rung]);
        Interlocked.Add(ref _items, items);
    }

    /// <summary>What was served at least once.</summary>
    /// <param name="nameOf">The name of a rung.</param>
    public IEnumerable<Measurement<long>> Measure(Func<Rung, string> nameOf)
    {
        foreach ((string version, long[] counts) in _versions)
        {
            foreach (Rung rung in Rungs)
            {
                if (Interlocked.Read(ref counts[(int)rung]) is > 0 and long count)
                    yield return new Measurement<long>(count, new("recsys.model.version", version), new KeyValuePair<string, object?>("recsys.rung", nameOf(rung)));
            }
        }
    }

    private sealed record Version(string Name, long[] Counts);
}
