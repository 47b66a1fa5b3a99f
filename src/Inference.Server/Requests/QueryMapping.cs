using Google.Protobuf.Collections;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Surfaces;
using Recsys.V1;
using Chance = Inference.Recommendations.Exploration.ExplorationPolicy;

namespace Inference.Server.Requests;

/// <summary>Requests that have passed <see cref="RequestRules"/> as queries. Lists of ids are handed on as they are.</summary>
internal static class QueryMapping
{
    /// <param name="requestId">The request's id, or the one that was made for it; null for the request's.</param>
    /// <param name="surface">Where the slate is shown; null for the server's default way.</param>
    /// <param name="turn">Which page is asked for; the default is the first.</param>
    /// <param name="filter">The request's filter as it was read; null for none.</param>
    /// <param name="isOverloaded">Whether there is no room for more than the cheapest answer.</param>
    public static RecommendQuery ToQuery(
        RecommendRequest request, PipelineOptions options, DateTimeOffset deadline, WorkPriority priority = WorkPriority.Interactive, string? requestId = null, Surface? surface = null,
        PageTurn turn = default, ItemFilter? filter = null, bool isOverloaded = false) => new()
    {
        IsOverloaded = isOverloaded,
        Page = turn.Page,
        ExplanationBytes = ExplanationBytes(request.Options, options),
        Surface = surface,
        Slate = SlateRulesMapping.Merge(surface?.Slate ?? SlateRules.None, request.Options),
        RequestId = requestId ?? request.RequestId,
        Exploration = PolicyOf(request.Options?.Exploration),
        NewItemSlots = request.Options?.Exploration is { HasNewItemSlots: true } exploration ? exploration.NewItemSlots : null,
        UserId = request.UserId,
        Context = WireFeatures.Of(request.Context),
        RecentItemIds = request.RecentItemIds,
        ExcludedItemIds = request.ExcludedItemIds,
        AllowedItemIds = request.AllowedItemIds,
        Filter = filter,
        Limit = turn.Limit(Limit(request.Limit, options), options),
        IncludeSeen = request.Options?.IncludeSeen ?? false,
        Explain = request.Options?.Explain ?? false,
        Retrievers = RetrieversOf(request.Options?.Retrievers),
        Deadline = deadline,
        Priority = priority,
    };

    public static SimilarItemsQuery ToQuery(SimilarItemsRequest request, PipelineOptions options, DateTimeOffset deadline, Surface? surface = null, PageTurn turn = default, ItemFilter? filter = null) => new()
    {
        Page = turn.Page,
        ExplanationBytes = ExplanationBytes(request.Options, options),
        Surface = surface?.Name ?? "",
        Slate = SlateRulesMapping.Merge(surface?.Slate ?? SlateRules.None, request.Options),
        Deadline = deadline,
        ItemIds = request.ItemIds,
        ExcludedItemIds = request.ExcludedItemIds,
        AllowedItemIds = request.AllowedItemIds,
        Filter = filter,
        Limit = turn.Limit(Limit(request.Limit, options), options),
        Explain = request.Options?.Explain ?? false,
    };

    public static UserQuery[] ToQueries(RepeatedField<UserInput> users)
    {
        var queries = new UserQuery[users.Count];
        for (int i = 0; i < queries.Length; i++)
            queries[i] = new UserQuery(users[i].UserId, WireFeatures.Of(users[i].Context), users[i].RecentItemIds);
        return queries;
    }

    public static ItemQuery[] ToQueries(RepeatedField<ItemInput> items)
    {
        var queries = new ItemQuery[items.Count];
        for (int i = 0; i < queries.Length; i++)
            queries[i] = new ItemQuery(items[i].ItemId, WireFeatures.Of(items[i].Features));
        return queries;
    }

    /// <summary>The deadline of a call; gRPC says <see cref="DateTime.MaxValue"/> when the caller set none.</summary>
    public static DateTimeOffset ToDeadline(DateTime deadline) =>
        deadline == DateTime.MaxValue ? DateTimeOffset.MaxValue : new DateTimeOffset(deadline.ToUniversalTime());

    private static Chance? PolicyOf(ExplorationOptions? exploration) =>
        exploration is null or { Policy: ExplorationPolicy.Unspecified } ? null : (Chance)exploration.Policy;

    private static int Limit(int asked, PipelineOptions options) => asked == 0 ? options.DefaultLimit : Math.Min(asked, options.MaxLimit);

    private static int ExplanationBytes(RecommendOptions? asked, PipelineOptions options) =>
        asked is null or { ExplanationBytes: 0 } ? options.ExplanationBytes : Math.Min(asked.ExplanationBytes, ExplanationBudget.MostBytes);

    private static Retrievers RetrieversOf(RepeatedField<string>? names)
    {
        if (names is null || names.Count == 0)
            return Retrievers.All;
        var retrievers = Retrievers.Popularity;
        for (int i = 0; i < names.Count; i++)
            retrievers |= Sources.Parse(names[i]);
        return retrievers;
    }
}
