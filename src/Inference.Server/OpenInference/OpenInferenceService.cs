using System.Reflection;
using Grpc.Core;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Requests;
using Inference.Towers.Tensors;
using OpenInferenceProtocol.V2;

namespace Inference.Server.OpenInference;

/// <summary>The Open Inference Protocol over the towers, for clients of KServe and Triton: tensors in, tensors out. docs/open-inference-protocol.md says what is served how.</summary>
internal sealed class OpenInferenceService(ServedTowers towers, Readiness readiness, TimeProvider time) : GRPCInferenceService.GRPCInferenceServiceBase
{
    /// <summary>What Triton calls ONNX models, which is what its clients know.</summary>
    private const string Platform = "onnxruntime_onnx";

    private static readonly ServerMetadataResponse Metadata = new()
    {
        Name = "inference",
        Version = typeof(OpenInferenceService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "",
        Extensions = { "schedule_policy" },
    };

    public override Task<ServerLiveResponse> ServerLive(ServerLiveRequest request, ServerCallContext context) => Task.FromResult(new ServerLiveResponse { Live = true });

    public override Task<ServerReadyResponse> ServerReady(ServerReadyRequest request, ServerCallContext context) => Task.FromResult(new ServerReadyResponse { Ready = readiness.IsReady });

    /// <summary>What is loaded is warm, for a load runs the towers. Answers for what is not there too, as Triton does: whoever asks whether something is ready waits for it.</summary>
    public override Task<ModelReadyResponse> ModelReady(ModelReadyRequest request, ServerCallContext context) =>
        Task.FromResult(new ModelReadyResponse { Ready = IsReady(request.Name, request.Version) });

    public override Task<ServerMetadataResponse> ServerMetadata(ServerMetadataRequest request, ServerCallContext context) => Task.FromResult(Metadata);

    public override Task<ModelMetadataResponse> ModelMetadata(ModelMetadataRequest request, ServerCallContext context)
    {
        using ServedTower tower = Acquire(request.Name, request.Version);
        return Task.FromResult(new ModelMetadataResponse
        {
            Name = request.Name,
            Versions = { towers.VersionsOf(tower.Snapshot.Model.Name, tower.Role).Select(snapshot => snapshot.Model.Version) },
            Platform = Platform,
            Inputs = { tower.Raw.Inputs.Select(InferMapping.ToMetadata) },
            Outputs = { tower.Raw.Outputs.Select(InferMapping.ToMetadata) },
        });
    }

    public override async Task<ModelInferResponse> ModelInfer(ModelInferRequest request, ServerCallContext context)
    {
        using ServedTower tower = Acquire(request.ModelName, request.ModelVersion);
        if (InferRules.Check(request, tower.Raw, out InferPlan plan) is { } failure)
            throw failure.ToException();
        TensorRun run = InferMapping.ToRun(request, tower.Raw, plan);
        TensorRunOutcome outcome = await tower.Raw.RunAsync(run, plan.UrgencyOf(QueryMapping.ToDeadline(context.Deadline), time.GetUtcNow()), context.CancellationToken);
        return outcome switch
        {
            TensorRunOutcome.Done => InferMapping.ToResponse(request, tower.Version, run),
            TensorRunOutcome.Late => throw FailureTable.DeadlineExceeded.ToException(),
            TensorRunOutcome.Refused => throw FailureTable.Overloaded.ToException(),
            _ => throw FailureTable.InputsUnfit(run.Refusal!).ToException(),
        };
    }

    private bool IsReady(string name, string version)
    {
        if (!towers.TryAcquire(name, version, out ServedTower tower, out _))
            return false;
        tower.Dispose();
        return true;
    }

    private ServedTower Acquire(string name, string version) => towers.TryAcquire(name, version, out ServedTower tower, out Failure? failure) ? tower : throw failure.ToException();
}
