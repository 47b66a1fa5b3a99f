using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using Inference.Recommendations;
using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Server.Admission;
using Inference.Server.Hosting;
using Inference.Server.Prometheus;
using Inference.Server.Security;
using Inference.Server.Telemetry;
using Inference.Server.Telemetry.Gpu;
using Inference.Storage;
using Inference.Storage.Decisions;
using Inference.Towers.DeviceSearch;
using Inference.Towers.Loading;
using Inference.Towers.Runtime;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;
using OpenTelemetry.Metrics;

namespace UnitTests.Server.Telemetry;

/// <summary>Every instrument that a server makes, its own and those of .NET and Kestrel.</summary>
internal static class InstrumentList
{
    /// <summary>Meters that come along with .NET and Kestrel.</summary>
    private static readonly string[] Foreign = ["System.Runtime", "Microsoft.AspNetCore.Server.Kestrel"];

    public static IReadOnlyList<Instrument> All { get; } = Make();

    public static bool IsOwn(Instrument instrument) => instrument.Meter.Name.StartsWith("Inference.", StringComparison.Ordinal);

    /// <summary>Its name in `/metrics`, without the suffixes of a histogram's samples.</summary>
    public static string PrometheusNameOf(Instrument instrument) => PrometheusNames.Metric(instrument.Name, instrument.Unit ?? "", KindOf(instrument) switch
    {
        "histogram" => MetricType.Histogram,
        "counter" => MetricType.LongSum,
        "gauge" => MetricType.LongGauge,
        _ => MetricType.LongSumNonMonotonic,
    });

    public static string KindOf(Instrument instrument)
    {
        string type = instrument.GetType().Name;
        return type.StartsWith("Histogram", StringComparison.Ordinal) ? "histogram"
            : type.Contains("UpDown", StringComparison.Ordinal) ? "up-down counter"
            : type.Contains("Gauge", StringComparison.Ordinal) ? "gauge"
            : "counter";
    }

    private static List<Instrument> Make()
    {
        var instruments = new List<Instrument>();
        // Other tests make instruments meanwhile, on threads of their own.
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                lock (instruments)
                    instruments.Add(instrument);
            },
        };
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore();
        builder.Services.AddMetrics();
        using WebApplication app = builder.Build();
        app.Services.GetRequiredService<IServer>();
        IMeterFactory meters = app.Services.GetRequiredService<IMeterFactory>();
        _ = new RecommendationMetrics(meters);
        _ = new CatalogueMetrics(meters);
        _ = new ExposureMetrics(meters, new ItemExposure(new NoCounters(), new SnapshotRegistry(), new NewItemOptions(), TimeProvider.System));
        _ = new ShadowMetrics(meters);
        _ = new RecallMetrics(meters, new SnapshotRegistry());
        _ = new ServerMetrics(meters, new Readiness(), new SnapshotRegistry());
        _ = new AdmissionMetrics(meters, new AdmissionOptions());
        _ = new SecurityMetrics(meters, TimeProvider.System);
        _ = new ProcessMetrics(meters, TimeProvider.System);
        using var gpu = new GpuMetrics(meters);
        _ = new StorageMetrics(meters);
        _ = new DecisionMetrics(meters);
        RuntimeHelpers.RunClassConstructor(typeof(TowerMetrics).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(DeviceSearchMetrics).TypeHandle);
        RuntimeHelpers.RunClassConstructor(typeof(LoadMetrics).TypeHandle);
        listener.Start();
        // They may hold meters of the same names.
        lock (instruments)
            return [.. instruments.Where(instrument => IsOwn(instrument) || Foreign.Contains(instrument.Meter.Name)).Where(instrument => instrument.Name != TelemetryPipeline.LeftOut).DistinctBy(instrument => instrument.Name)];
    }

    private sealed class NoCounters : ICounters
    {
        public void Add(string name, string member, double amount, DateTimeOffset time)
        {
        }

        public CountsMark MarkOf(string name) => default;

        public void Read(string name, Action<string, double> take)
        {
        }
    }
}
