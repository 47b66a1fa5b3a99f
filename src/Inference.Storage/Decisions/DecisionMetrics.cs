using System.Diagnostics.Metrics;

namespace Inference.Storage.Decisions;

/// <summary>What the log of decisions counts, on the meter "Inference.Storage".</summary>
public sealed class DecisionMetrics
{
    private readonly Counter<long> _written, _dropped, _blanked;
    private volatile Func<int>? _folderQueue, _streamQueue;
    private volatile Func<long>? _size;
    private long _writtenLines, _droppedLines;

    public DecisionMetrics(IMeterFactory meters)
    {
        Meter meter = meters.Create(StorageMetrics.MeterName);
        _written = meter.CreateCounter<long>("recsys.decisions.written", "{line}", "Decisions, and events that name a request, that the log has taken, by sink and kind.");
        _dropped = meter.CreateCounter<long>("recsys.decisions.dropped", "{line}", "Decisions and events that the log has lost, by sink and reason.");
        _blanked = meter.CreateCounter<long>("recsys.decisions.blanked", "{line}", "Lines from which the key of a forgotten user was taken out.");
        meter.CreateObservableUpDownCounter("recsys.decisions.queue.length", Queues, "{line}", "Decisions and events that wait to be written, by sink.");
        meter.CreateObservableUpDownCounter("recsys.decisions.size", () => _size is { } size ? [new Measurement<long>(size())] : Array.Empty<Measurement<long>>(), "By", "Bytes of the files in the log's folder.");
    }

    /// <summary>Lines that were written since the process began, everywhere.</summary>
    public long Written => Interlocked.Read(ref _writtenLines);

    /// <summary>Lines that were lost.</summary>
    public long Dropped => Interlocked.Read(ref _droppedLines);

    internal void WatchFolder(Func<int> queue, Func<long> size) => (_folderQueue, _size) = (queue, size);

    internal void WatchStream(Func<int> queue) => _streamQueue = queue;

    /// <param name="sink">"folder" or "redis".</param>
    /// <param name="kind">"decision" or "event".</param>
    internal void Wrote(string sink, string kind, int lines)
    {
        if (lines == 0)
            return;
        Interlocked.Add(ref _writtenLines, lines);
        _written.Add(lines, new KeyValuePair<string, object?>("recsys.decisions.sink", sink), new KeyValuePair<string, object?>("recsys.decisions.kind", kind));
    }

    /// <param name="sink">"folder" or "redis".</param>
    /// <param name="reason">"full": too many waited; "failed": the folder or Redis did not take it.</param>
    internal void Lost(string sink, string reason, int lines)
    {
        if (lines == 0)
            return;
        Interlocked.Add(ref _droppedLines, lines);
        _dropped.Add(lines, new KeyValuePair<string, object?>("recsys.decisions.sink", sink), new KeyValuePair<string, object?>("recsys.reason", reason));
    }

    internal void Blanked(int lines)
    {
        if (lines > 0)
            _blanked.Add(lines);
    }

    private IEnumerable<Measurement<int>> Queues()
    {
        if (_folderQueue is { } folder)
            yield return new Measurement<int>(folder(), new KeyValuePair<string, object?>("recsys.decisions.sink", "folder"));
        if (_streamQueue is { } stream)
            yield return new Measurement<int>(stream(), new KeyValuePair<string, object?>("recsys.decisions.sink", "redis"));
    }
}
