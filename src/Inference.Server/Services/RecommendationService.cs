using Grpc.Core;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Server.Admission;
using Inference.Server.Failures;
using Inference.Server.Requests;
using Inference.Server.Surfaces;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>
/// Message → query → pipeline → message. Each call takes one snapshot at its start, is checked against it, and answered from it.
/// </summary>
internal sealed class RecommendationService(
    SnapshotRegistry snapshots, RecommendationPipeline pipeline, Embeddings embeddings, PipelineOptions options, RequestIds requestIds, RecommendationStreams streams, ShadowTraffic shadow,
    ServedSurfaces surfaces)
    : Recsys.V1.RecommendationService.RecommendationServiceBase
{
    public override Task<RecommendResponse> Recommend(RecommendRequest request, ServerCallContext context) => RecommendAsync(request, context, WorkPriority.Interactive);

    public override Task RecommendStream(
        IAsyncStreamReader<RecommendStreamRequest> requestStream, IServerStreamWriter<RecommendStreamResponse> responseStream, ServerCallContext context) =>
        // Who asks for slates by the thousand does not wait for each: they stand behind those of single calls.
        streams.RunAsync(requestStream, responseStream, (request, call) => RecommendAsync(request, call, WorkPriority.Bulk), context);

    public override async Task<SimilarItemsResponse> SimilarItems(SimilarItemsRequest request, ServerCallContext context)
    {
        string requestId = request.RequestId.Length > 0 ? request.RequestId : requestIds.Next();
        PageTurn turn = PageTurn.Of(request);
        using SnapshotLease lease = Find(request.Options?.ModelVersion ?? "", turn) ?? Find(request.Options?.ModelVersion ?? "");
        Snapshot snapshot = lease.Snapshot;
        SurfaceSet known = surfaces.Current;
        Refuse(RequestRules.Check(request, snapshot, known, turn));
        SimilarItemsQuery query = QueryMapping.ToQuery(request, options, QueryMapping.ToDeadline(context.Deadline), known.Find(request.Surface), turn, FilterOf(request.Filter, snapshot));
        RecommendReply reply = await pipeline.SimilarAsync(snapshot, query, context.CancellationToken);
        SimilarItemsResponse response = ReplyMapping.ToSimilarResponse(reply, requestId, turn.ShownBefore, query.ExplanationBytes);
        if (turn.HasNext(reply, options))
            response.NextPageToken = PageToken.Write(PageQuestion.Of(request), turn.Page, requestId, reply.Model.FullVersion, reply.Items);
        return response;
    }

    public override async Task<EmbedUsersResponse> EmbedUsers(EmbedUsersRequest request, ServerCallContext context)
    {
        using SnapshotLease lease = Find(request.ModelVersion);
        Snapshot snapshot = lease.Snapshot;
        Refuse(RequestRules.Check(request, snapshot));
        float[] values = await embeddings.EmbedUsersAsync(
            snapshot, QueryMapping.ToQueries(request.Users), QueryMapping.ToDeadline(context.Deadline), context.CancellationToken);
        var response = new EmbedUsersResponse { ModelVersion = snapshot.Model.FullVersion, EmbeddingSpaceId = snapshot.Model.EmbeddingSpaceId };
        ReplyMapping.AddEmbeddings(response.Embeddings, values, snapshot.Model.Dimension);
        return response;
    }

    public override async Task<EmbedItemsResponse> EmbedItems(EmbedItemsRequest request, ServerCallContext context)
    {
        using SnapshotLease lease = Find(request.ModelVersion);
        Snapshot snapshot = lease.Snapshot;
        Refuse(RequestRules.Check(request, snapshot));
        if (snapshot.ItemTower is null && request.Items.Any(item => item.Features.Count > 0))
            throw FailureTable.ItemTowerMissing.ToException();
        var unknown = new List<int>();
        float[] values = await embeddings.EmbedItemsAsync(
            snapshot, QueryMapping.ToQueries(request.Items), unknown, QueryMapping.ToDeadline(context.Deadline), context.CancellationToken);
        if (unknown.Count > 0)
            throw FailureTable.UnknownItems("items", unknown).ToException();
        var response = new EmbedItemsResponse { ModelVersion = snapshot.Model.FullVersion, EmbeddingSpaceId = snapshot.Model.EmbeddingSpaceId };
        ReplyMapping.AddEmbeddings(response.Embeddings, values, snapshot.Model.Dimension);
        return response;
    }

    /// <summary>The version that answers a user, or a request of nobody: the pinned one, or what the split of the traffic says.</summary>
    private async Task<RecommendResponse> RecommendAsync(RecommendRequest request, ServerCallContext context, WorkPriority priority)
    {
        string requestId = request.RequestId.Length > 0 ? request.RequestId : requestIds.Next();
        PageTurn turn = PageTurn.Of(request);
        using SnapshotLease lease = Find(request.Options?.ModelVersion ?? "", turn) ?? Find(request.Options?.ModelVersion ?? "", request.UserId.Length > 0 ? request.UserId : requestId);
        Snapshot snapshot = lease.Snapshot;
        SurfaceSet known = surfaces.Current;
        Refuse(RequestRules.Check(request, snapshot, known, turn));
        RecommendQuery query = QueryMapping.ToQuery(request, options, QueryMapping.ToDeadline(context.Deadline), priority, requestId, known.Find(request.Surface), turn, FilterOf(request.Filter, snapshot),
            isOverloaded: Permit.Of(context)?.IsOverflow ?? false);
        long begun = shadow.Begin();
        RecommendReply reply = await pipeline.RecommendAsync(snapshot, query, context.CancellationToken);
        if (!query.IsOverloaded)
            shadow.Offer(snapshot, query, requestId, reply, begun);
        RecommendResponse response = ReplyMapping.ToResponse(reply, requestId, turn.ShownBefore, query.ExplanationBytes);
        // Whoever asks for slates by the thousand asks for long ones, not for the next page of each.
        if ((priority == WorkPriority.Interactive || turn.Page is not null) && turn.HasNext(reply, options))
            response.NextPageToken = PageToken.Write(PageQuestion.Of(request), turn.Page, requestId, reply.Model.FullVersion, reply.Items);
        return response;
    }

    /// <summary>The version that answered the page before, while it is loaded, where the request pins none; otherwise null.</summary>
    private SnapshotLease? Find(string version, in PageTurn turn) => version.Length > 0 || turn.ModelVersion.Length == 0 ? null : snapshots.Acquire(turn.ModelVersion);

    private SnapshotLease Find(string version, string key) => snapshots.Acquire(version, key) ?? throw Missing(version);

    private SnapshotLease Find(string version) => snapshots.Acquire(version) ?? throw Missing(version);

    private Exception Missing(string version)
    {
        Snapshot? active = snapshots.Active;
        return (active is null ? FailureTable.ModelLoading : FailureTable.ModelVersionNotLoaded(version, active.Model.FullVersion)).ToException();
    }

    /// <summary>A filter that has passed the rules.</summary>
    private static ItemFilter? FilterOf(string filter, Snapshot snapshot) =>
        filter.Length > 0 && snapshot.Items.Filters.TryRead(filter, out ItemFilter? read, out _) ? read : null;

    private static void Refuse(Failure? failure)
    {
        if (failure is not null)
            throw failure.ToException();
    }
}
