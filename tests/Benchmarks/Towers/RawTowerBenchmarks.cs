using BenchmarkDotNet.Attributes;
using Benchmarks.Onnx;
using Google.Protobuf;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Server.OpenInference;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Import;
using Inference.Towers.Tensors;
using Microsoft.Extensions.Logging.Abstractions;
using OpenInferenceProtocol.V2;

namespace Benchmarks.Towers;

/// <summary>
/// What a run of tensors costs beside one of features, on the retail user tower with histories of ten items: the run by itself, and with all that a ModelInfer call adds to it but the transport (rules, run, response). The typed form
/// is there to show what its lists cost.
/// </summary>
[MemoryDiagnoser]
public class RawTowerBenchmarks
{
    private const int HistoryLength = 10;

    private OpenedTowers _towers = null!;
    private RawTower _raw = null!;
    private UserTowerInput[] _users = null!;
    private float[] _embeddings = null!;
    private ReadOnlyMemory<byte>[] _data = null!;
    private long[][] _shapes = null!;
    private ModelInferRequest _rawRequest = null!;
    private ModelInferRequest _typedRequest = null!;

    [Params(1, 32)]
    public int Users { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        string model = OnnxBenchmarkModel.Find() ?? throw new FileNotFoundException("Set INFERENCE_SHARED to the folder that has towers/online-retail.");
        // The toolchain in this process does not wait for asynchronous setups.
        BundleContent content = BundleImport.ReadAsync(new BundleImportOptions { Towers = Path.GetDirectoryName(model)! }).GetAwaiter().GetResult();
        _towers = OpenedTowers.Open(content, new TowerOptions(), NullLogger.Instance);
        _raw = RawTower.Beneath(_towers.User)!;
        _users = [.. Enumerable.Range(0, Users).Select(user => new UserTowerInput(new FeatureSet(null), Enumerable.Range(user * 7, HistoryLength).ToArray()))];
        _embeddings = new float[Users * content.Dimension];
        _shapes = [.. _raw.Inputs.Select(input => input.Axes.Select((axis, i) => i == 0 ? Users : axis.IsOpen ? HistoryLength : axis.Size).ToArray())];
        // Row 0 and number 0 are there in every table.
        _data = [.. _raw.Inputs.Select((input, i) => (ReadOnlyMemory<byte>)new byte[_shapes[i].Aggregate((long)input.Type.Size(), (bytes, size) => bytes * size)])];
        _rawRequest = new ModelInferRequest { ModelName = "user_tower" };
        _typedRequest = new ModelInferRequest { ModelName = "user_tower" };
        for (int i = 0; i < _data.Length; i++)
        {
            TensorSpec input = _raw.Inputs[i];
            var tensor = new ModelInferRequest.Types.InferInputTensor { Name = input.Name, Datatype = Datatypes.NameOf(input.Type), Shape = { _shapes[i] } };
            _rawRequest.Inputs.Add(tensor);
            _rawRequest.RawInputContents.Add(ByteString.CopyFrom(_data[i].Span));
            ModelInferRequest.Types.InferInputTensor typed = tensor.Clone();
            typed.Contents = TypedContents.FromBytes(_data[i].Span, input.Type);
            _typedRequest.Inputs.Add(typed);
        }
    }

    [GlobalCleanup]
    public void Cleanup() => _towers.Dispose();

    [Benchmark(Baseline = true)]
    public ValueTask Features() => _towers.User.EncodeAsync(_users, _embeddings, CancellationToken.None);

    [Benchmark]
    public ValueTask<TensorRunOutcome> Tensors() => _raw.RunAsync(new TensorRun(_raw, _data, _shapes, [0]), default, CancellationToken.None);

    [Benchmark]
    public Task<ModelInferResponse> RawMessage() => InferAsync(_rawRequest);

    [Benchmark]
    public Task<ModelInferResponse> TypedMessage() => InferAsync(_typedRequest);

    private async Task<ModelInferResponse> InferAsync(ModelInferRequest request)
    {
        if (InferRules.Check(request, _raw, out InferPlan plan) is { } failure)
            throw new InvalidOperationException(failure.Message);
        TensorRun run = InferMapping.ToRun(request, _raw, plan);
        if (await _raw.RunAsync(run, default, CancellationToken.None) != TensorRunOutcome.Done)
            throw new InvalidOperationException(run.Refusal);
        return InferMapping.ToResponse(request, "1", run);
    }
}
