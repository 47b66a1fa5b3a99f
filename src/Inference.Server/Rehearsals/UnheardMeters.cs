using System.Diagnostics.Metrics;

namespace Inference.Server.Rehearsals;

/// <summary>Makes every meter under a name that no listener knows.</summary>
internal sealed class UnheardMeters : IMeterFactory
{
    private readonly List<Meter> _meters = [];

    public Meter Create(MeterOptions options)
    {
        var meter = new Meter("unheard");
        lock (_meters)
            _meters.Add(meter);
        return meter;
    }

    public void Dispose()
    {
        lock (_meters)
            _meters.ForEach(static meter => meter.Dispose());
    }
}
