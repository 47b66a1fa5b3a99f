using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;

namespace Benchmarks.Onnx;

/// <summary>One run of the retail user tower on one thread; time and managed bytes per run.</summary>
[MemoryDiagnoser]
public class OnnxRunBenchmarks
{
    private const int HistoryLength = 10;

    private InferenceSession _session = null!;
    private OnnxModelInputs _values = null!;
    private OrtIoBinding _binding = null!;
    private RunOptions _options = null!;

    [Params(1, 32)]
    public int Batch { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        string model = OnnxBenchmarkModel.Find() ?? throw new FileNotFoundException("Set INFERENCE_SHARED to the folder that has towers/online-retail.");
        _session = OnnxBenchmarkModel.Open(model);
        _values = new OnnxModelInputs(_session, Batch, HistoryLength);
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
    }

    [Benchmark(Baseline = true)]
    public void Values() => _session.Run(_options, _values.InputNames, _values.Inputs, _values.OutputNames, _values.Outputs);

    [Benchmark]
    public void Binding() => _session.RunWithBinding(_options, _binding);

    [Benchmark]
    public void NewOutputs() => _session.Run(_options, _values.InputNames, _values.Inputs, _values.OutputNames).Dispose();
}
