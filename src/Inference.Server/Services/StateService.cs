using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Server.Failures;
using Inference.Server.Options;
using Inference.Server.Requests;
using Inference.Storage;
using Inference.Storage.Redis;
using Inference.Storage.Users;
using Recsys.V1;

namespace Inference.Server.Services;

/// <summary>Shows what the server keeps, in sum and of one user.</summary>
internal sealed class StateService(
    InferenceOptions options, StorageMetrics storage, UserStates states, IUserEmbeddings embeddings, UserKeyRing keys, SnapshotRegistry snapshots, ICatalogueChanges items, ItemExposure exposure, RedisConnection? redis = null)
    : Recsys.V1.StateService.StateServiceBase
{
    private const string Events = "events";

    public override Task<GetStateResponse> GetState(GetStateRequest request, ServerCallContext context)
    {
        StorageReport report = storage.Report();
        var response = new GetStateResponse
        {
            BundleUsers = states.Count,
            ChangedItems = items.Count,
            Store = new StoreState
            {
                Status = report.Status.ToString().ToLowerInvariant(),
                Address = redis?.Address ?? "",
                WaitingEvents = report.Waiting.GetValueOrDefault(Events),
                DroppedEvents = report.Dropped.GetValueOrDefault(Events),
            },
        };
        response.Store.Failures.Add(report.Failures.ToDictionary());
        foreach (CacheSummary cache in report.Caches)
        {
            response.Caches.Add(new CacheState
            {
                Name = cache.Name,
                Entries = cache.Entries,
                Bytes = cache.Bytes,
                MaxBytes = cache.Name == "embeddings" ? options.State.EmbeddingCacheBytes : options.State.UserCacheBytes,
                Hits = cache.Hits,
                StoreHits = cache.StoreHits,
                Misses = cache.Misses,
                Evictions = cache.Evictions,
            });
        }

        NewItemReport news = exposure.Report;
        response.NewItems = new NewItemState { Count = news.Count, Unshown = news.Unshown, Lacking = news.Lacking, Shown = news.Shown, Clicked = news.Clicked, UsualClickRate = news.Rate };
        double prior = options.Exploration.PriorImpressions;
        response.NewItems.Items.Add(news.Items.Select(item => new NewItem
        {
            ItemId = item.ItemId,
            Shown = item.Shown,
            Clicked = item.Clicked,
            ClickRate = ((prior * news.Rate) + item.Clicked) / (prior + item.Shown),
        }));
        return Task.FromResult(response);
    }

    public override async Task<GetUserResponse> GetUser(GetUserRequest request, ServerCallContext context)
    {
        if (EventRules.Check(request) is { } failure)
            throw failure.ToException();
        UserIdentity user = keys.Of(request.UserId);
        UserLookup found = await states.FindAsync(user, context.CancellationToken);
        var response = new GetUserResponse { UserKey = user.Key.ToString(), Forgotten = states.IsForgotten(user.Key) };
        if (found.State is not { } state)
            return response;
        foreach ((string name, Inference.Recommendations.Features.FeatureValue value) in state.Features)
            response.Features[name] = value.ToString();
        response.HistoryItemIds.Add(state.History);
        response.Interactions.Add(state.Interactions.Select(one => new RecordedInteraction
        {
            ItemId = one.ItemId,
            Type = (EventType)one.Type,
            Time = Timestamp.FromDateTimeOffset(one.Time),
            Value = one.Value,
        }));
        foreach (Snapshot snapshot in snapshots.Loaded)
        {
            if (await embeddings.TryGetAsync(snapshot.Model.EmbeddingSpaceId, user.Key, state.Stamp, new float[snapshot.Model.Dimension], context.CancellationToken))
                response.EmbeddingSpaceIds.Add(snapshot.Model.EmbeddingSpaceId);
        }

        return response;
    }
}
