using System.Diagnostics;
using System.Diagnostics.Metrics;
using Inference.Server.Options;
using Inference.Server.Telemetry.Gpu;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace UnitTests.Server.Telemetry;

/// <summary>GPU metrics against a library that speaks NVML's interface: compiled by the test, for most machines have no GPU.</summary>
public sealed class NvmlTests : IDisposable
{
    /// <summary>Two devices. The second does not tell its energy, as old ones do not.</summary>
    private const string Source = """
        #include <string.h>
        typedef struct { unsigned int gpu, memory; } utilization;
        typedef struct { unsigned long long total, free, used; } memory;
        static int devices[2], is_open;
        static int index_of(void *device) { return (int)((int *)device - devices); }
        int nvmlInit_v2(void) { is_open = 1; return NO_DRIVER ? 9 : 0; }
        int nvmlShutdown(void) { is_open = 0; return 0; }
        int nvmlDeviceGetCount_v2(unsigned int *count) { *count = DEVICES; return is_open ? 0 : 1; }
        int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) { if (index > 1) return 2; *device = &devices[index]; return 0; }
        int nvmlDeviceGetUUID(void *device, char *text, unsigned int length) { strncpy(text, index_of(device) ? "GPU-b" : "GPU-a", length); return 0; }
        int nvmlDeviceGetName(void *device, char *text, unsigned int length) { strncpy(text, "Test GPU", length); return 0; }
        int nvmlDeviceGetUtilizationRates(void *device, utilization *rates) { rates->gpu = index_of(device) ? 7 : 93; rates->memory = 11; return 0; }
        int nvmlDeviceGetMemoryInfo(void *device, memory *info) { info->total = 1ull << 36; info->used = (1ull << 34) + 5; info->free = info->total - info->used; return 0; }
        int nvmlDeviceGetTemperature(void *device, int sensor, unsigned int *degrees) { if (sensor != 0) return 2; *degrees = 61 + index_of(device); return 0; }
        int nvmlDeviceGetPowerUsage(void *device, unsigned int *milliwatts) { *milliwatts = 321500; return 0; }
        int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *millijoules) { if (index_of(device)) return 3; *millijoules = 9876543210ull; return 0; }
        """;

    private readonly string _folder = Directory.CreateTempSubdirectory("nvml-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public void Metrics_OfALibraryWithTwoDevices_AreWhatItTells()
    {
        Dictionary<string, List<(double Value, string Tags)>> measured = Measure(Compile(devices: 2));

        Assert.Equal([(0.93, "GPU-a"), (0.07, "GPU-b")], Of("hw.gpu.utilization"));
        Assert.Equal([((double)((1L << 34) + 5), "GPU-a"), ((1L << 34) + 5, "GPU-b")], Of("hw.gpu.memory.usage"));
        Assert.Equal([((double)(1L << 36), "GPU-a"), (1L << 36, "GPU-b")], Of("hw.gpu.memory.limit"));
        Assert.All(Of("hw.gpu.memory.utilization"), one => Assert.Equal(0.25, one.Value, 1e-9));
        Assert.Equal([(61, "GPU-a"), (62, "GPU-b")], Of("hw.temperature"));
        Assert.Equal([(321.5, "GPU-a"), (321.5, "GPU-b")], Of("hw.power"));
        Assert.Equal([(9876543.21, "GPU-a")], Of("hw.energy"));
        Assert.All(measured.Values.SelectMany(all => all), one => Assert.Contains("hw.name=Test GPU;hw.type=gpu;hw.vendor=NVIDIA", one.Tags, StringComparison.Ordinal));

        (double Value, string Id)[] Of(string name) => [.. measured[name].Select(one => (one.Value, one.Tags.Split(';')[0]["hw.id=".Length..]))];
    }

    [SkippableFact]
    public void Metrics_OfALibraryWithoutDriver_AreNotThere() => Assert.Empty(Measure(Compile(devices: 2, hasDriver: false)));

    [SkippableFact]
    public void Metrics_OfALibraryWithoutDevices_AreNotThere() => Assert.Empty(Measure(Compile(devices: 0)));

    [Theory]
    [InlineData("")]
    [InlineData("no-such-library.so.1")]
    public void Metrics_WithoutALibrary_AreNotThere(string library) => Assert.Empty(Measure(library));

    [Fact]
    public void Metrics_OfALibraryThatIsNotNvml_AreNotThere() => Assert.Empty(Measure(OperatingSystem.IsWindows() ? "kernel32.dll" : OperatingSystem.IsMacOS() ? "libSystem.dylib" : "libc.so.6"));

    private static Dictionary<string, List<(double Value, string Tags)>> Measure(string library)
    {
        using ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        IMeterFactory meters = services.GetRequiredService<IMeterFactory>();
        var measured = new Dictionary<string, List<(double, string)>>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                // Other tests have meters of this name, too.
                if (instrument.Meter.Scope == meters && instrument.Name.StartsWith("hw.", StringComparison.Ordinal))
                    listener.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument.Name, value, tags));
        listener.Start();
        using var metrics = new GpuMetrics(meters, new TelemetryOptions { NvmlLibrary = library });
        listener.RecordObservableInstruments();
        return measured;

        void Add(string name, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            if (!measured.TryGetValue(name, out List<(double, string)>? all))
                measured[name] = all = [];
            all.Add((value, string.Join(';', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}"))));
        }
    }

    /// <summary>Compiles the library; skips the test where there is no C compiler.</summary>
    private string Compile(int devices, bool hasDriver = true)
    {
        string source = Path.Combine(_folder, "nvml.c"), library = Path.Combine(_folder, "libnvml-test.so");
        File.WriteAllText(source, Source);
        try
        {
            using Process gcc = Process.Start(new ProcessStartInfo("gcc", ["-shared", "-fPIC", "-o", library, $"-DDEVICES={devices}", $"-DNO_DRIVER={(hasDriver ? 0 : 1)}", source]) { RedirectStandardError = true })!;
            string errors = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            Assert.True(gcc.ExitCode == 0, errors);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            Skip.If(true, "There is no gcc to compile a library that stands for NVIDIA's.");
        }

        return library;
    }
}
