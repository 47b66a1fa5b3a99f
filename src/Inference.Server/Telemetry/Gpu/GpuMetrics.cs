using System.Diagnostics.Metrics;
using Inference.Server.Options;

namespace Inference.Server.Telemetry.Gpu;

/// <summary>The GPUs of the machine by the OpenTelemetry conventions for hardware, read from NVML when somebody collects. Without NVML there are no instruments.</summary>
internal sealed class GpuMetrics : IDisposable
{
    private readonly NvmlLibrary? _library;
    private readonly KeyValuePair<string, object?>[][] _tags = [];

    public GpuMetrics(IMeterFactory meters, TelemetryOptions options)
    {
        _library = NvmlLibrary.TryOpen(options.NvmlLibrary);
        if (_library is null)
            return;
        _tags = [.. _library.Devices.Select(static device => new KeyValuePair<string, object?>[] { new("hw.id", device.Id), new("hw.name", device.Name), new("hw.type", "gpu"), new("hw.vendor", "NVIDIA") })];
        Define(meters.Create(ServerMetrics.MeterName));
    }

    /// <summary>The instruments without a device, for whoever lists them.</summary>
    internal GpuMetrics(IMeterFactory meters) => Define(meters.Create(ServerMetrics.MeterName));

    /// <summary>Devices that are measured.</summary>
    public int Devices => _tags.Length;

    public void Dispose() => _library?.Dispose();

    private void Define(Meter meter)
    {
        meter.CreateObservableGauge("hw.gpu.utilization", () => Observe(static (library, device) => library.UtilizationOf(device)?.Compute / 100.0), "1", "Share of the last sample period in which the GPU computed.");
        meter.CreateObservableGauge("hw.gpu.memory.utilization", () => Observe(static (library, device) => ShareOf(library.MemoryOf(device))), "1", "Share of the GPU's memory that is in use.");
        meter.CreateObservableUpDownCounter("hw.gpu.memory.usage", () => Observe(static (library, device) => (long?)library.MemoryOf(device)?.Used), "By", "Memory of the GPU that is in use, by whichever process.");
        meter.CreateObservableUpDownCounter("hw.gpu.memory.limit", () => Observe(static (library, device) => (long?)library.MemoryOf(device)?.Total), "By", "Memory of the GPU.");
        meter.CreateObservableGauge("hw.temperature", () => Observe(static (library, device) => library.TemperatureOf(device)), "Cel", "Temperature of the GPU.");
        meter.CreateObservableGauge("hw.power", () => Observe(static (library, device) => library.PowerOf(device)), "W", "Power that the GPU draws.");
        meter.CreateObservableCounter("hw.energy", () => Observe(static (library, device) => library.EnergyOf(device)), "J", "Energy that the GPU has used since its driver was loaded.");
    }

    private static double? ShareOf((ulong Total, ulong Used)? memory) => memory is { Total: > 0 } told ? (double)told.Used / told.Total : null;

    private List<Measurement<T>> Observe<T>(Func<NvmlLibrary, nint, T?> read)
        where T : struct
    {
        var measurements = new List<Measurement<T>>(_tags.Length);
        for (int i = 0; i < _tags.Length; i++)
        {
            if (read(_library!, _library!.Devices[i].Handle) is { } value)
                measurements.Add(new Measurement<T>(value, _tags[i]));
        }

        return measurements;
    }
}
