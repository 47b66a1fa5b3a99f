using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Inference.Server.Telemetry;

/// <summary>What the runtime does not tell of the process: its age, and on Linux its open files, which sockets are too.</summary>
internal sealed class ProcessMetrics
{
    private const string Descriptors = "/proc/self/fd";

    public ProcessMetrics(IMeterFactory meters, TimeProvider time)
    {
        Meter meter = meters.Create(ServerMetrics.MeterName);
        long start = time.GetTimestamp();
        meter.CreateObservableGauge("process.uptime", () => time.GetElapsedTime(start).TotalSeconds, "s", "Time since the server was made.");
        meter.CreateObservableUpDownCounter("process.unix.file_descriptor.count", Count, "{file_descriptor}", "Open files and sockets of the process; absent where the system does not tell.");
    }

    private static Measurement<long>[] Count()
    {
        try
        {
            // Reading the folder is one of them.
            return [new Measurement<long>(Directory.EnumerateFileSystemEntries(Descriptors).LongCount() - 1)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
