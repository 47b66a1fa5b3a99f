using System.Diagnostics.Metrics;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Import;
using Inference.Towers.Runtime;
using Microsoft.Extensions.Logging;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Towers.Runtime;

/// <summary>Which provider a bundle's towers run on, and what happens where the wanted one is not there.</summary>
public sealed class ProviderTests
{
    /// <summary>A setting that WebGPU refuses when it is added, on any machine: so a provider that cannot be used is at hand everywhere.</summary>
    private const string Broken = "webgpu.enableGraphCapture=perhaps";

    [SkippableFact]
    public async Task LoadAsync_OnWebGpuAlone_AnswersTheGoldenCases()
    {
        SwiftShader.Require();
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();

        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path, new TowerOptions { Providers = ["webgpu"] });

        loaded.Snapshot.Dispose();
        Assert.Equal(4, loaded.GoldenCases);
        Assert.Equal(["webgpu"], loaded.Providers);
        Assert.All(loaded.ProviderUses, use => Assert.Equal(("webgpu", "webgpu", false), (use.Wanted, use.Actual, use.IsFallback)));
    }

    /// <summary>Every size is recorded once and replayed for other rows, whose answers are the rows' own.</summary>
    [SkippableTheory]
    [InlineData("webgpu")]
    [InlineData("webgpu", "webgpu.enableInt64=1")]
    public async Task EncodeAsync_WithRecordedRuns_AnswersEachRow(string provider, string? setting = null)
    {
        SwiftShader.Require();
        var world = new SmallWorld();
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var options = new TowerOptions { Providers = [provider], GraphCapture = true, MaxBatch = 4, ProviderOptions = setting is null ? [] : [setting] };

        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path, options);

        Assert.Empty(loaded.Warnings);
        for (int round = 0; round < 3; round++)
        {
            for (int length = 0; length <= SmallWorld.MaxHistory; length++)
            {
                int[] history = [.. Enumerable.Range(round, length)];
                float[] both = await loaded.Snapshot.UserTower.EncodeAsync(SmallWorld.Dimension, TestTowers.User("Spain", history), TestTowers.User(null, [round]));
                TestTowers.AssertClose(world.Embed(2, history), both.AsMemory(0, SmallWorld.Dimension));
                TestTowers.AssertClose(world.Embed(0, round), both.AsMemory(SmallWorld.Dimension));
            }
        }

        loaded.Snapshot.Dispose();
    }

    [SkippableFact]
    public async Task LoadAsync_OfRetailTowersOnWebGpu_AnswersTheGoldenCases()
    {
        SwiftShader.Require();
        using var folder = new TemporaryFolder();
        await BundleWriter.WriteAsync(folder["1"], await BundleImport.ReadAsync(new BundleImportOptions { Towers = SharedFolder.Require("towers/online-retail") }));

        LoadedBundle loaded = await SmallWorld.LoadAsync(folder["1"], new TowerOptions { Providers = ["webgpu", "cpu"] });

        loaded.Snapshot.Dispose();
        Assert.Equal(8, loaded.GoldenCases);
        Assert.Equal(["webgpu", "cpu"], loaded.Providers);
    }

    [SkippableTheory]
    [InlineData("cuda")]
    [InlineData("tensorrt")]
    public async Task LoadAsync_WithoutTheProviderLibrary_RefusesAndSaysWhatToDo(string provider)
    {
        Skip.If(HasLibraryOf(provider), $"The library of {provider} is there.");
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();

        IReadOnlyList<string> reasons = await bundle.RefuseAsync(new TowerOptions { Providers = [provider, "cpu"] });

        Assert.Equal(2, reasons.Count);
        Assert.All(reasons, reason =>
        {
            Assert.Contains($"cannot run on {provider}: ", reason, StringComparison.Ordinal);
            Assert.Contains("onnxruntime_providers_", reason, StringComparison.Ordinal);
            Assert.Contains("ONNXRUNTIME_LIBRARY", reason, StringComparison.Ordinal);
            Assert.Contains("Inference:Towers:ProviderFallback", reason, StringComparison.Ordinal);
        });
    }

    [Theory]
    [InlineData("webgpu", "cpu")]
    [InlineData("webgpu")]
    public async Task LoadAsync_WithAProviderThatRefusesItsSettings_IsRefusedUnlessAFallbackIsAllowed(params string[] providers)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();

        Assert.All(
            await bundle.RefuseAsync(new TowerOptions { Providers = providers, ProviderOptions = [Broken] }), reason => Assert.Contains("cannot run on webgpu: ", reason, StringComparison.Ordinal));
        if (providers.Length == 1)
            Assert.All(await bundle.RefuseAsync(new TowerOptions { Providers = providers, ProviderOptions = [Broken], ProviderFallback = true }), reason => Assert.Contains("perhaps", reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithAFallbackAllowed_LogsCountsAndKeepsIt()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var fallbacks = new List<string>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Name == "recsys.tower.provider.fallbacks")
                self.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<long>((_, count, tags, _) =>
        {
            lock (fallbacks)
                fallbacks.Add($"{count} {string.Join(' ', tags.ToArray().Select(tag => tag.Value))}");
        });
        listener.Start();
        var log = new CollectedLog();

        LoadedBundle loaded = await BundleLoader.LoadAsync(
            bundle.Path, new TowerOptions { Providers = ["webgpu", "cpu"], ProviderOptions = [Broken], ProviderFallback = true }, null, log);

        loaded.Snapshot.Dispose();
        Assert.Equal(4, loaded.GoldenCases);
        Assert.Equal(["cpu"], loaded.Providers);
        Assert.Equal(["user_tower", "item_tower"], loaded.ProviderUses.Select(use => use.Part));
        Assert.All(loaded.ProviderUses, use =>
        {
            Assert.Equal(("webgpu", "cpu", true), (use.Wanted, use.Actual, use.IsFallback));
            Assert.Contains("perhaps", use.Reason, StringComparison.Ordinal);
            Assert.StartsWith($"the {use.Part.Replace('_', ' ')} runs on cpu instead of webgpu: ", use.ToString(), StringComparison.Ordinal);
        });
        Assert.Equal(2, log.Warnings.Count(line => line.Contains("cannot run on webgpu", StringComparison.Ordinal)));
        // Others of this process may count, too.
        lock (fallbacks)
        {
            Assert.Contains("1 user webgpu", fallbacks);
            Assert.Contains("1 item webgpu", fallbacks);
        }
    }

    [Theory]
    [InlineData("cuda.gpu_mem_limit=2147483648", "cuda", "gpu_mem_limit", "2147483648")]
    [InlineData("webgpu.ep.webgpuexecutionprovider.enableInt64=1", "webgpu", "ep.webgpuexecutionprovider.enableInt64", "1")]
    [InlineData("tensorrt.trt_engine_cache_path=/a=b/c.d", "tensorrt", "trt_engine_cache_path", "/a=b/c.d")]
    public void TryParse_OfASetting_SplitsAtTheFirstDotAndTheFirstEqualsSign(string setting, string provider, string name, string value)
    {
        Assert.True(ProviderSettings.TryParse(setting, out string owner, out string found, out string text));
        Assert.Equal((provider, name, value), (owner, found, text));
    }

    [Theory]
    [InlineData("")]
    [InlineData("cuda")]
    [InlineData("cuda.x")]
    [InlineData("cuda.=1")]
    [InlineData("cuda.x=")]
    [InlineData(".x=1")]
    [InlineData("cuda=1.0")]
    public void TryParse_OfSomethingElse_IsFalse(string setting) => Assert.False(ProviderSettings.TryParse(setting, out _, out _, out _));

    [Fact]
    public void Of_WithARepeatedName_TakesTheLast() =>
        Assert.Equal(new Dictionary<string, string> { ["a"] = "2", ["b"] = "3" }, ProviderSettings.Of("cuda", ["cuda.a=1", "webgpu.a=9", "cuda.a=2", "cuda.b=3"]));

    [Theory]
    [InlineData("ProviderOptions has 'cuda.x'")]
    [InlineData("ProviderOptions has 'cuda.x=1', but 'cuda' is not in Providers", "cuda.x=1")]
    [InlineData("ProviderOptions has 'cpu.x=1', but cpu has no settings", "cpu.x=1")]
    public void Validate_OfWrongSettings_SaysSo(string fault, string setting = "cuda.x") =>
        Assert.StartsWith(fault, Assert.Single(new TowerOptions { ProviderOptions = [setting] }.Validate()), StringComparison.Ordinal);

    [Fact]
    public void Validate_OfCaptureWithSeveralRuns_RefusesIt()
    {
        Assert.Single(new TowerOptions { Providers = ["cuda"], GraphCapture = true, ConcurrentRuns = 2 }.Validate());
        Assert.Single(new TowerOptions { GraphCapture = true }.Validate());
        Assert.Empty(new TowerOptions { Providers = ["cuda", "cpu"], GraphCapture = true }.Validate());
    }

    [Fact]
    public void ThreadsFor_WithoutANumber_IsHalfOfTheProcessors()
    {
        Assert.Equal(7, OnnxEnvironment.ThreadsFor(7));
        Assert.Equal(Math.Max(1, Environment.ProcessorCount / 2), OnnxEnvironment.ThreadsFor(0));
    }

    private static bool HasLibraryOf(string provider) => Directory.EnumerateFiles(AppContext.BaseDirectory, $"*onnxruntime_providers_{provider}*", SearchOption.AllDirectories).Any();

    /// <summary>Keeps the warnings.</summary>
    private sealed class CollectedLog : ILogger
    {
        public List<string> Warnings { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel == LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel != LogLevel.Warning)
                return;
            lock (Warnings)
                Warnings.Add(formatter(state, exception));
        }
    }
}
