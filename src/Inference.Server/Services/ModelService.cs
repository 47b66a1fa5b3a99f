using Grpc.Core;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Server.Failures;
using Inference.Server.Models;
using Inference.Server.Requests;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Shows and changes which versions of the model the server holds. What a change does, and when it is refused, is <see cref="ModelLifecycle"/>'s.</summary>
/// <remarks>Whoever changes something here has chosen: the watch then leaves alone what is in the repository, until a new version comes.</remarks>
internal sealed class ModelService(ModelLifecycle lifecycle, RepositoryWatch watch, ModelDescriptions descriptions, ShadowTraffic shadow, RecallMonitor recall) : Recsys.V1.ModelService.ModelServiceBase
{
    public override Task<ListVersionsResponse> ListVersions(ListVersionsRequest request, ServerCallContext context)
    {
        watch.Look();
        var response = new ListVersionsResponse();
        response.Versions.Add(lifecycle.Records.OrderByDescending(record => record.Folder?.Name ?? record.Version, VersionOrder.Instance).Select(descriptions.Of));
        return Task.FromResult(response);
    }

    public override Task<StatusResponse> Status(StatusRequest request, ServerCallContext context)
    {
        if (lifecycle.Active is not { } active)
            throw FailureTable.ModelLoading.ToException();
        TrafficSplit split = descriptions.Split;
        var response = new StatusResponse { Active = descriptions.Of(active, split), RollbackTo = lifecycle.RollbackTo ?? "", Shadow = ShadowMapping.ToWire(shadow.Report()), Recall = RecallMapping.ToWire(recall.Report(active.Snapshot)) };
        if (split.Canary is { } canary && lifecycle.Find(canary.Model.FullVersion) is { } record)
        {
            response.Canary = descriptions.Of(record, split);
            response.CanaryRecall = record.Model is { } tried ? RecallMapping.ToWire(recall.Report(tried.Snapshot)) : null;
        }

        return Task.FromResult(response);
    }

    public override async Task<LoadResponse> Load(LoadRequest request, ServerCallContext context)
    {
        Refuse(ModelRules.Check(request.Version));
        BundleFolder folder = watch.Look().FirstOrDefault(folder => folder.Version == request.Version)
            ?? throw FailureTable.UnknownVersion(request.Version, [.. lifecycle.Records.Select(record => record.Version)]).ToException();
        // What was begun is finished, whoever waits for it: a caller who comes back finds it loaded.
        LoadedModel model = await lifecycle.LoadAsync(folder, CancellationToken.None).WaitAsync(context.CancellationToken);
        return new LoadResponse { Version = descriptions.Of(model) };
    }

    public override async Task<ActivateResponse> Activate(ActivateRequest request, ServerCallContext context)
    {
        Refuse(ModelRules.Check(request.Version));
        LoadedModel model = await lifecycle.ActivateAsync(request.Version, context.CancellationToken);
        watch.Hold();
        return new ActivateResponse { Version = descriptions.Of(model) };
    }

    public override async Task<RollbackResponse> Rollback(RollbackRequest request, ServerCallContext context)
    {
        // Before: no version that comes meanwhile may be activated over it.
        watch.Hold();
        LoadedModel model = await lifecycle.RollbackAsync(CancellationToken.None).WaitAsync(context.CancellationToken);
        return new RollbackResponse { Version = descriptions.Of(model) };
    }

    public override async Task<UnloadResponse> Unload(UnloadRequest request, ServerCallContext context)
    {
        Refuse(ModelRules.Check(request.Version));
        watch.Hold();
        await lifecycle.UnloadAsync(request.Version, context.CancellationToken);
        return new UnloadResponse();
    }

    public override async Task<SplitTrafficResponse> SplitTraffic(SplitTrafficRequest request, ServerCallContext context)
    {
        Refuse(ModelRules.Check(request));
        watch.Hold();
        await lifecycle.SplitAsync(request.Version.Length == 0 ? null : request.Version, request.Share, context.CancellationToken);
        var response = new SplitTrafficResponse();
        response.Versions.Add(lifecycle.Records.Select(descriptions.Of).Where(version => version.TrafficShare > 0).OrderByDescending(version => version.State == VersionState.Active));
        return response;
    }

    private static void Refuse(Failure? failure)
    {
        if (failure is not null)
            throw failure.ToException();
    }
}
