using BenchmarkDotNet.Attributes;
using Benchmarks.Onnx;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Import;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;

namespace Benchmarks.Towers;

/// <summary>
/// What the tower adds to a bare run of its model: encoding features, taking a slot, checking and copying the embeddings. The retail user tower, histories of ten items, one
/// thread; and many callers at once, where the runner forms the batches.
/// </summary>
[MemoryDiagnoser]
public class TowerEncodeBenchmarks
{
    private const int HistoryLength = 10;
    private const int Callers = 64;

    private OpenedTowers _towers = null!;
    private UserTowerInput[] _users = null!;
    private float[] _embeddings = null!;
    private InferenceSession _session = null!;
    private OnnxModelInputs _values = null!;
    private OrtIoBinding _binding = null!;
    private RunOptions _options = null!;

    [Params(1, 32)]
    public int Users { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        string model = OnnxBenchmarkModel.Find() ?? throw new FileNotFoundException("Set INFERENCE_SHARED to the folder that has towers/online-retail.");
        // The toolchain in this process does not wait for asynchronous setups.
        BundleContent content = BundleImport.ReadAsync(new BundleImportOptions { Towers = Path.GetDirectoryName(model)! }).GetAwaiter().GetResult();
        _towers = OpenedTowers.Open(content, new TowerOptions(), NullLogger.Instance);
        var features = new FeatureSet(new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("France"), ["hour"] = FeatureValue.Of(12), ["weekday"] = FeatureValue.Of(3) });
        _users = [.. Enumerable.Range(0, Users).Select(user => new UserTowerInput(features, Enumerable.Range(user * 7, HistoryLength).ToArray()))];
        _embeddings = new float[Users * content.Dimension];
        _session = OnnxBenchmarkModel.Open(model);
        _values = new OnnxModelInputs(_session, Users, HistoryLength);
        _binding = _session.CreateIoBinding();
        _values.BindTo(_binding);
        _options = new RunOptions();
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _binding.Dispose();
        _values.Dispose();
        _session.Dispose();
        _options.Dispose();
        _towers.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void BareRun() => _session.RunWithBinding(_options, _binding);

    [Benchmark]
    public ValueTask Encode() => _towers.User.EncodeAsync(_users, _embeddings, CancellationToken.None);

    /// <summary>64 callers with one call each at the same time; per operation, so divide by 64 for a call.</summary>
    [Benchmark]
    public Task EncodeFromManyCallers() => Task.WhenAll(Enumerable.Range(0, Callers).Select(_ => Task.Run(async () =>
        await _towers.User.EncodeAsync(_users, new float[_embeddings.Length], CancellationToken.None))));
}
