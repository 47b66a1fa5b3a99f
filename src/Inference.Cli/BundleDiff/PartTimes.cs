using System.Diagnostics.Metrics;
using Inference.Recommendations;

namespace Inference.Cli.BundleDiff;

/// <summary>
/// The times of the tower and the index of one pipeline, read from the pipeline's own instruments, so that exactly what serving measures is measured. It is the factory of the meters that it
/// listens to, and hears no other.
/// </summary>
internal sealed class PartTimes : IMeterFactory
{
    private readonly MeterListener _listener = new();
    private readonly List<Meter> _meters = [];

    public PartTimes()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (ReferenceEquals(instrument.Meter.Scope, this) && instrument.Name is "recsys.tower.duration" or "recsys.index.search.duration")
                listener.EnableMeasurementEvents(instrument);
        };
        _listener.SetMeasurementEventCallback<double>(Heard);
        _listener.Start();
    }

    /// <summary>Whether what is heard counts.</summary>
    public bool IsOn { get; set; }

    public LatencyHistogram Tower { get; } = new();

    public LatencyHistogram Search { get; } = new();

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter(new MeterOptions(options.Name) { Version = options.Version, Scope = this });
        _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        _listener.Dispose();
        foreach (Meter meter in _meters)
            meter.Dispose();
    }

    private void Heard(Instrument instrument, double seconds, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
    {
        if (IsOn)
            (instrument.Name == "recsys.tower.duration" ? Tower : Search).Record((long)(seconds * 1e9));
    }
}
