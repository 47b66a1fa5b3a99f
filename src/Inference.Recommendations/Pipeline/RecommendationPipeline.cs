using System.Diagnostics;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Guards;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// One request, from question to slate.
/// <code>
///  query ─ 1 who asks ─ 2 what may be shown ─ 3 candidates ──────────────────────────────── 4 fill up ─ 5 rank ─ 6 make up ──────────── 7 chance ─────── 8 reply
///          user state   filter, lists, seen   the ladder: cache ▸ tower → index ▸ profiles     popularity  model   diversity, caps, pins  new items, policy  items, reasons, labels
///                                             or, fused: cache ▸ tower + all other sources
/// </code>
/// Never throws for an unseen user or a broken part: it falls to the next rung and says so. Safe for concurrent use.
/// </summary>
public sealed class RecommendationPipeline
{
    /// <summary>Candidates that the rules of a slate choose from where no surface says how many.</summary>
    private const int CandidatesOfSlates = 200;

    private readonly KnownUsers _users;
    private readonly UserEmbeddings _embeddings;
    private readonly IndexSearches _searches;
    private readonly EmbeddingSearch _search;
    private readonly FusedSlates _fused;
    private readonly SurfaceSlates _surfaces;
    private readonly SlateRanking _ranking;
    private readonly SlateMakeUp _makeUp;
    private readonly SlateExploration _exploration;
    private readonly SeenItems _seen;
    private readonly RequestFilters _filters;
    private readonly IDecisionLog? _decisions;
    private readonly RecommendationMetrics _metrics;
    private readonly PipelineOptions _options;
    private readonly TimeProvider _time;

    /// <param name="cache">Where embeddings of users are kept between requests; null keeps none.</param>
    /// <param name="exploration">What chance may decide; null for the defaults, which is nothing.</param>
    /// <param name="newItems">Which slots are kept for new items; null for the defaults, which is none unless a request asks for them.</param>
    /// <param name="decisions">Where it is written down; null for nowhere.</param>
    /// <param name="guards">What is held back, and which groups have floors; null for the defaults: what was seen, and none.</param>
    /// <param name="contexts">Where is kept what contexts say of users' clusters; null keeps nothing.</param>
    /// <param name="recall">Measures the recall of the indexes; null for nobody.</param>
    /// <param name="filters">The filter that every request has; null for none.</param>
    /// <param name="engine">Where surfaces look for items outside the process; null for nowhere.</param>
    public RecommendationPipeline(
        IUserStates states, IUserEmbeddings? cache, UserKeyRing keys, PipelineOptions options, RecommendationMetrics metrics, TimeProvider time, ILoggerFactory logs,
        ExplorationOptions? exploration = null, NewItemOptions? newItems = null, IDecisionLog? decisions = null, GuardOptions? guards = null,
        IContextMemory? contexts = null, RecallMonitor? recall = null, FilterOptions? filters = null, IVectorEngine? engine = null)
    {
        guards ??= new GuardOptions();
        _exploration = new SlateExploration(exploration ?? new ExplorationOptions(), newItems ?? new NewItemOptions(), new SlateFloors(guards, metrics), metrics);
        _makeUp = new SlateMakeUp(metrics);
        _seen = new SeenItems(guards, time);
        _filters = new RequestFilters(filters ?? new FilterOptions(), metrics, time);
        _decisions = decisions;
        _options = options;
        _metrics = metrics;
        _time = time;
        _users = new KnownUsers(states, keys, options, time, logs.CreateLogger<KnownUsers>());
        _embeddings = new UserEmbeddings(cache, options, metrics, time, logs.CreateLogger<UserEmbeddings>());
        _searches = new IndexSearches(recall, metrics, time);
        var remembered = new ContextRecall(contexts, logs.CreateLogger<ContextRecall>());
        _fused = new FusedSlates(_searches, _embeddings, remembered, metrics, time, logs.CreateLogger<FusedSlates>());
        _search = new EmbeddingSearch(_searches, options, metrics, time, logs.CreateLogger<EmbeddingSearch>());
        _surfaces = new SurfaceSlates(_embeddings, remembered, _searches, _search, _fused, engine, metrics, time, logs.CreateLogger<SurfaceSlates>());
        _ranking = new SlateRanking(options, metrics, time, logs.CreateLogger<SlateRanking>());
    }

    /// <summary>Recommends items for one user or session.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<RecommendReply> RecommendAsync(Snapshot snapshot, RecommendQuery query, CancellationToken cancellationToken)
    {
        using Activity? span = Spans.Begin(Log.Activities, "recommend");
        var budget = new Budget(_time, query.Deadline, _options.DeadlineReserve);
        var degraded = new Degradations();
        _searches.Label(snapshot, degraded);

        // :: Step 1: who asks — stored state, then the request's own items and features.
        if (query.IsOverloaded)
            degraded.Add(Components.Admission, DegradationReason.Overloaded, "More requests came than there is room for; profiles of clusters and popularity answered.");
        KnownUser user = query.IsOverloaded ? _users.Held(query.UserId, snapshot.Model.FullVersion) : await _users.FindAsync(query.UserId, snapshot.Model.FullVersion, budget, degraded, cancellationToken);
        var features = new FeatureSet(query.Context, user.State?.Features);
        Unknowns.ReportFeatures(snapshot, query.Context, degraded);
        Unknowns.ReportVersion(snapshot, query.Page, degraded);
        using var history = new History();
        if (user.State is not null)
            history.Append(user.State, snapshot.Items);
        Unknowns.ReportItems(Components.RecentItemIds, history.Append(query.RecentItemIds, snapshot.Items), query.RecentItemIds.Count, degraded);

        // :: Step 2: what may be shown.
        FilterRows? filter = await _filters.FindAsync(snapshot, query.Filter, cancellationToken);
        using HeldRows held = _seen.Of(snapshot.Items, user.State, query.RecentItemIds, history.Rows, query.IncludeSeen);
        using Eligibility eligible = Eligibility.Of(snapshot.Items, query.AllowedItemIds, query.ExcludedItemIds, held.Seen.Span, filter, degraded);
        eligible.Deny(held.Capped.Span);
        int[] earlier = Page.RowsOf(query.Page, snapshot.Items);
        eligible.Deny(earlier);
        int eligibleItems = query.Explain ? eligible.Count() : 0;
        SlateExploration.Plan plan = _exploration.PlanFor(query, snapshot);
        using var slate = new Slate(Math.Min(DepthOf(query, plan), Math.Max(1, eligible.Rows.Count)))
        {
            WantsVector = plan.NewItems > 0 || SlateRanking.WantsVector(snapshot, query), Earlier = earlier, Parts = query.Explain ? new ScoreParts() : null, Retrievers = query.Explain ? [] : null,
        };

        // :: Step 3: candidates by the retrievers of the surface, or by the ladder — the first rung that can answer does; with a fused model, and where little is known, all that is known answers together.
        Rung rung = query.IsOverloaded
            ? await ClimbAsync(snapshot, query, user, features, history, eligible, slate, budget, degraded, cancellationToken)
            : query.Surface is { Retrievers.Count: > 0 } surface
            ? await _surfaces.FillAsync(snapshot, surface, query, user, features, history, eligible, slate, budget, degraded, cancellationToken)
            : snapshot.ScorerFor(history.Known.Span, PassedItems.IsAny(user.State)) is { } fused
            ? await _fused.FillAsync(snapshot, fused, query, user, features, history, eligible, slate, budget, degraded, cancellationToken)
            : await ClimbAsync(snapshot, query, user, features, history, eligible, slate, budget, degraded, cancellationToken);

        // :: Step 4: fill up — a slate is never short while there are eligible items, and never empty because everything was seen.
        FillFromPopularity(snapshot, eligible, slate);
        if (query.Page is null && held.Capped.Length > 0)
            ReturnCapped(snapshot, query, held, filter, slate, degraded);
        int filled = slate.Count;
        if (query.Page is null && slate.Count == 0 && history.Count > 0 && !query.IncludeSeen)
            FillFromSeen(snapshot, query, filter, slate, degraded);
        // Pages end where what may be shown ends; that is no fault of theirs.
        if (query.Page is null && slate.Count < Math.Min(query.Limit, slate.Limit))
            degraded.Add(Components.Candidates, DegradationReason.TooFewCandidates, $"{slate.Count} items are eligible, {query.Limit} were asked for.");
        if (query.Page is null)
            RequestFilters.Report(filter, query.Limit, degraded);

        // :: Step 5: the order of the candidates, by the ranking model where the surface wants it.
        if (!query.IsOverloaded)
            await _ranking.ApplyAsync(snapshot, query, features, history, slate, budget, degraded, cancellationToken);

        // :: Step 6: what of them makes the slate.
        if (query.Slate.AreSet)
            MakeUp(snapshot, query, plan, history, held, await SlateMakeUp.FindBoostedAsync(snapshot, query.Slate, _time.GetUtcNow(), degraded, cancellationToken), filter, eligible, slate, degraded);
        slate.Cut(plan.Depth);

        // :: Step 7: chance — new items in the slots that are kept for them, and what the policy draws.
        bool isKept = _decisions?.Keeps(query.Page?.FirstRequestId ?? query.RequestId, plan.IsSet) ?? false;
        List<Choice>? choices = isKept ? [] : null;
        if (plan.IsSet || plan.HasFloors)
            _exploration.Apply(snapshot, query, plan, eligible, slate, choices, degraded);

        // :: Step 8: the reply.
        Reasons? reasons = query.Explain ? new Reasons(snapshot, history.Rows, features, ReasonKind.History, slate, rung) : null;
        var reply = new RecommendReply(snapshot.Model, rung, Ranking.Items(snapshot, slate, reasons), degraded.List, plan.Policy)
        {
            Surface = query.Surface?.Name ?? "",
            Report = query.Explain ? SlateFigures.Of(snapshot, slate, query.Slate.CoverageAttribute, eligibleItems) : null,
            HasMore = HasMore(eligible, slate, filled),
        };
        if (isKept)
            _decisions!.Add(DecisionOf(query, user, history, reply, choices!));
        return Served(reply, span);
    }

    /// <summary>Finds the items nearest to those in question; popular items where none of them is known.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public async ValueTask<RecommendReply> SimilarAsync(Snapshot snapshot, SimilarItemsQuery query, CancellationToken cancellationToken)
    {
        using Activity? span = Spans.Begin(Log.Activities, "similar_items");
        var budget = new Budget(_time, query.Deadline, _options.DeadlineReserve);
        var degraded = new Degradations();
        _searches.Label(snapshot, degraded);

        // :: Step 1: the items in question.
        using var asked = new History();
        Unknowns.ReportItems(Components.ItemIds, asked.Append(query.ItemIds, snapshot.Items), query.ItemIds.Count, degraded);
        Unknowns.ReportVersion(snapshot, query.Page, degraded);

        // :: Step 2: what may be shown.
        FilterRows? filter = await _filters.FindAsync(snapshot, query.Filter, cancellationToken);
        using Eligibility eligible = Eligibility.Of(snapshot.Items, query.AllowedItemIds, query.ExcludedItemIds, asked.Rows.Span, filter, degraded);
        int[] earlier = Page.RowsOf(query.Page, snapshot.Items);
        eligible.Deny(earlier);
        int eligibleItems = query.Explain ? eligible.Count() : 0;
        using var slate = new Slate(Math.Min(query.Slate.AreSet ? Math.Max(query.Limit, CandidatesOfSlates) : query.Limit, Math.Max(1, eligible.Rows.Count)))
        {
            Earlier = earlier, Parts = query.Explain ? new ScoreParts() : null, Retrievers = query.Explain ? [] : null,
        };

        // :: Step 3: the neighbours of their mean.
        Rung rung = Rung.Popularity;
        if (asked.Count > 0)
        {
            long begun = Begin(slate);
            float[]? mean = Embeddings.Mean(snapshot.Index, asked.Rows.Span);
            if (mean is not null && await _search.FillAsync(snapshot, mean, eligible, slate, WorkPriority.Interactive, budget, degraded, cancellationToken))
                rung = Rung.ItemEmbedding;
            Report(slate, Sources.Towers, begun, slate.Count, mean is null ? RetrieverOutcome.Silent : RetrieverOutcome.Ok);
        }

        // :: Step 4: fill up.
        FillFromPopularity(snapshot, eligible, slate);
        int filled = slate.Count;
        if (query.Page is null && slate.Count < Math.Min(query.Limit, slate.Limit))
            degraded.Add(Components.Candidates, DegradationReason.TooFewCandidates, $"{slate.Count} items are eligible, {query.Limit} were asked for.");
        if (query.Page is null)
            RequestFilters.Report(filter, query.Limit, degraded);

        // :: Step 5: what of them makes the slate.
        if (query.Slate.AreSet)
            MakeUp(snapshot, query, asked, await SlateMakeUp.FindBoostedAsync(snapshot, query.Slate, _time.GetUtcNow(), degraded, cancellationToken), filter, eligible, slate, degraded);
        slate.Cut(query.Limit);

        // :: Step 6: the reply.
        Reasons? reasons = query.Explain ? new Reasons(snapshot, asked.Rows, default, ReasonKind.SimilarItem, slate, rung) : null;
        var reply = new RecommendReply(snapshot.Model, rung, Ranking.Items(snapshot, slate, reasons), degraded.List)
        {
            Surface = query.Surface,
            Report = query.Explain ? SlateFigures.Of(snapshot, slate, query.Slate.CoverageAttribute, eligibleItems) : null,
            HasMore = HasMore(eligible, slate, filled),
        };
        return Served(reply, span);
    }

    /// <summary>Counts a reply, and says in its span what it is.</summary>
    private RecommendReply Served(RecommendReply reply, Activity? span)
    {
        _metrics.Served(reply);
        if (span is null)
            return reply;
        span.SetTag("recsys.rung", RecommendationMetrics.NameOf(reply.ServedBy)).SetTag("recsys.model.version", reply.Model.FullVersion).SetTag("recsys.slate.items", reply.Items.Count);
        if (reply.Surface.Length > 0)
            span.SetTag("recsys.surface", reply.Surface);
        for (int i = 0; i < reply.Degraded.Count; i++)
            span.Degraded(reply.Degraded[i].Component, RecommendationMetrics.NameOf(reply.Degraded[i].Reason));
        return reply;
    }

    /// <summary>To how many items the slate is filled: what is shown, what chance draws from, and what is ranked and made up.</summary>
    private static int DepthOf(RecommendQuery query, in SlateExploration.Plan plan) =>
        query.Slate.AreSet || query.Surface is { Ranks: true } ? Math.Max(plan.Depth, query.Surface?.Depth ?? CandidatesOfSlates) : plan.Depth;

    private void MakeUp(
        Snapshot snapshot, RecommendQuery query, in SlateExploration.Plan plan, History history, in HeldRows held, FilterRows?[] boosted, FilterRows? filter, Eligibility eligible, Slate slate,
        Degradations degraded)
    {
        var request = new SlateMakeUp.Request
        {
            Snapshot = snapshot,
            Rules = query.Slate,
            Limit = query.Limit,
            Depth = plan.Depth,
            Boosted = boosted,
            Filter = filter,
            History = history.Rows.Span,
            Seen = held.Seen.Span,
            Capped = held.Capped.Span,
            ExcludedItemIds = query.ExcludedItemIds,
            AllowedItemIds = query.AllowedItemIds,
            ShownBefore = query.Page?.ShownItemIds.Count ?? 0,
            IsExplained = query.Explain,
        };
        _makeUp.Apply(request, eligible, slate, degraded);
    }

    /// <summary>Of similar items: those in question are shown by no pin.</summary>
    private void MakeUp(Snapshot snapshot, SimilarItemsQuery query, History asked, FilterRows?[] boosted, FilterRows? filter, Eligibility eligible, Slate slate, Degradations degraded)
    {
        var request = new SlateMakeUp.Request
        {
            Snapshot = snapshot,
            Rules = query.Slate,
            Limit = query.Limit,
            Depth = query.Limit,
            Boosted = boosted,
            Filter = filter,
            History = asked.Rows.Span,
            ExcludedItemIds = query.ExcludedItemIds,
            AllowedItemIds = query.AllowedItemIds,
            ShownBefore = query.Page?.ShownItemIds.Count ?? 0,
            IsExplained = query.Explain,
        };
        _makeUp.Apply(request, eligible, slate, degraded);
    }

    private async ValueTask<Rung> ClimbAsync(
        Snapshot snapshot, RecommendQuery query, KnownUser user, FeatureSet features, History history,
        Eligibility eligible, Slate slate, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        long begun = Begin(slate);
        if (!query.IsOverloaded && query.Retrievers.HasFlag(Retrievers.Towers) && UserEmbeddings.RungFor(user.State, history.Known.Length) is { } towerRung)
        {
            // What is cached stands for the stored state alone.
            KnownUser cachedAs = UserEmbeddings.ReadsStoredStateAlone(snapshot, query) ? user : default;
            using RentedEmbedding? embedding = await _embeddings.FindAsync(snapshot, cachedAs, features, history, query.Priority, budget, degraded, cancellationToken);
            if (embedding is not null && await _search.FillAsync(snapshot, embedding.Memory, eligible, slate, query.Priority, budget, degraded, cancellationToken))
            {
                slate.KeepVector(embedding.Memory.Span);
                Report(slate, Sources.Towers, begun, slate.Count, RetrieverOutcome.Ok);
                return embedding.IsCached ? Rung.CachedEmbedding : towerRung;
            }

            Report(slate, Sources.Towers, begun, 0, embedding is null ? RetrieverOutcomes.Of(Components.UserTower, degraded) : RetrieverOutcome.Ok);
        }

        begun = Begin(slate);
        if (!query.Retrievers.HasFlag(Retrievers.ClusterProfile))
            return Rung.Popularity;
        bool fits = ColdStart.FillFromProfiles(snapshot, features, eligible, slate);
        Report(slate, Sources.ClusterProfile, begun, slate.Count, fits ? RetrieverOutcome.Ok : RetrieverOutcome.Silent);
        return fits ? Rung.ClusterProfile : Rung.Popularity;
    }

    private void FillFromPopularity(Snapshot snapshot, Eligibility eligible, Slate slate)
    {
        long begun = Begin(slate);
        int before = slate.Count;
        ColdStart.FillFromPopularity(snapshot, eligible, slate);
        if (slate.Count > before)
            Report(slate, Sources.Popularity, begun, slate.Count - before, RetrieverOutcome.Ok);
    }

    /// <summary>The moment at which a retriever begins, where anybody asks.</summary>
    private long Begin(Slate slate) => slate.Retrievers is null ? 0 : _time.GetTimestamp();

    private void Report(Slate slate, string retriever, long begun, int found, RetrieverOutcome outcome)
    {
        if (slate.Retrievers is not null)
            slate.Report(retriever, found, _time.GetElapsedTime(begun), outcome);
    }

    /// <summary>Whether anything is left to show: of what the slate was filled with, or of what may be shown beside it.</summary>
    private static bool HasMore(Eligibility eligible, Slate slate, int filled)
    {
        int beside = 0;
        foreach (Slate.Place place in slate.Places)
            beside += eligible.Deny(place.Row) || place.Source == Sources.Pins ? 1 : 0;
        return filled > slate.Count - beside || eligible.Any();
    }

    private Decision DecisionOf(RecommendQuery query, KnownUser user, History history, RecommendReply reply, List<Choice> choices)
    {
        var slots = new DecidedSlot[reply.Items.Count];
        for (int i = 0; i < slots.Length; i++)
            slots[i] = new DecidedSlot(reply.Items[i].ItemId, reply.Items[i].SlotType, reply.Items[i].Score, reply.Items[i].Propensity, reply.Items[i].Adjustments);
        int shown = query.Page?.ShownItemIds.Count ?? 0;
        // Slots are counted over all pages, as ranks are, and events name them so.
        for (int i = 0; shown > 0 && i < choices.Count; i++)
            choices[i] = choices[i] with { Slot = choices[i].Slot + shown };
        return new Decision(query.RequestId, _time.GetUtcNow(), user.Identity.Key, reply.Model.FullVersion, reply.ServedBy, history.Count, reply.Policy, slots, choices)
        {
            Page = query.Page?.Number ?? 1,
            ShownBefore = shown,
            FirstRequestId = query.Page?.FirstRequestId ?? query.RequestId,
        };
    }

    /// <summary>A slate that capped items leave short gets as many of them back as it lacks, the most popular first.</summary>
    private void ReturnCapped(Snapshot snapshot, RecommendQuery query, in HeldRows held, FilterRows? filter, Slate slate, Degradations degraded)
    {
        int wanted = Math.Min(query.Limit, slate.Limit), before = slate.Count;
        if (before < wanted)
        {
            using Eligibility again = Eligibility.Of(snapshot.Items, query.AllowedItemIds, query.ExcludedItemIds, held.Seen.Span, filter, new Degradations());
            foreach (Slate.Place place in slate.Places)
                again.Deny(place.Row);
            ColdStart.FillFromPopularity(snapshot, again, slate, held.Capped.Span, wanted);
            if (slate.Count > before)
                degraded.Add(Components.Guards, DegradationReason.TooFewCandidates, "Too few other items are eligible; some that were shown often enough are shown again.");
        }

        _metrics.Guarded("cap", held.Capped.Length - (slate.Count - before));
        _metrics.Guarded("returned", slate.Count - before);
    }

    /// <summary>The user has seen every item that may be shown: better those again than nothing.</summary>
    private static void FillFromSeen(Snapshot snapshot, RecommendQuery query, FilterRows? filter, Slate slate, Degradations degraded)
    {
        using Eligibility again = Eligibility.Of(snapshot.Items, query.AllowedItemIds, query.ExcludedItemIds, default, filter, new Degradations());
        ColdStart.FillFromPopularity(snapshot, again, slate);
        if (slate.Count > 0)
            degraded.Add(Components.Candidates, DegradationReason.TooFewCandidates, "Every eligible item is in the history; seen items are shown again.");
    }
}
