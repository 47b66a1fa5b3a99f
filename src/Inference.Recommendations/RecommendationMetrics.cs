using System.Diagnostics;
using System.Diagnostics.Metrics;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;

namespace Inference.Recommendations;

/// <summary>What the pipeline counts and times. Tags are closed sets; none is a user or item id.</summary>
public sealed class RecommendationMetrics
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Inference.Recommendations";

    private readonly ServedCounts _served = new();
    private readonly Counter<long> _degradations;
    private readonly Histogram<double> _tower;
    private readonly Histogram<double> _search;
    private readonly Histogram<double> _ranker;
    private readonly Histogram<double> _fusion;
    private readonly Histogram<double> _source;
    private readonly Counter<long> _dropped;
    private readonly Histogram<double> _retriever;
    private readonly Histogram<long> _candidates;
    private readonly Counter<long> _droppedRetrievers;
    private readonly Counter<long> _slots;
    private readonly Counter<long> _guarded;
    private readonly Counter<long> _filters;
    private readonly Histogram<double> _filtering;
    private readonly Counter<long> _adjusted;

    public RecommendationMetrics(IMeterFactory meters)
        : this(meters.Create(MeterName))
    {
    }

    private RecommendationMetrics(Meter meter)
    {
        meter.CreateObservableCounter("recsys.recommendations", () => _served.Measure(NameOf), "{slate}", "Slates served, by the rung of the ladder and the version of the model that made them.");
        _degradations = meter.CreateCounter<long>("recsys.degradations", "{degradation}", "Labels on replies that were less than they could have been, by part and reason.");
        meter.CreateObservableCounter("recsys.slate.items", () => _served.Items, "{item}", "Items in served slates.");
        _tower = meter.CreateHistogram<double>("recsys.tower.duration", "s", "Time from asking the user tower to its answer, by outcome.");
        _fusion = meter.CreateHistogram<double>("recsys.fusion.duration", "s", "Time in which a fused model scored the catalogue for one request, without the user tower.");
        _source = meter.CreateHistogram<double>("recsys.fusion.source.duration", "s", "Time in which one source of a fused model scored the catalogue, by kind of source.");
        _dropped = meter.CreateCounter<long>("recsys.fusion.dropped", "{source}", "Sources that a fused slate had to do without, by kind and reason.");
        _retriever = meter.CreateHistogram<double>("recsys.retriever.duration", "s", "Time in which one retriever of a surface found its candidates, by kind of retriever.");
        _candidates = meter.CreateHistogram<long>("recsys.retriever.candidates", "{item}", "Candidates that one retriever of a surface found for a request, by kind of retriever.");
        _droppedRetrievers = meter.CreateCounter<long>("recsys.retriever.dropped", "{retriever}", "Retrievers that the slate of a surface had to do without, by kind and reason: timeout, failed, or silent where it knew nothing of the user.");
        _slots = meter.CreateCounter<long>("recsys.slots.chosen", "{slot}", "Slots of served slates that were not simply the best of what answered, by how their items were chosen and by policy.");
        _guarded = meter.CreateCounter<long>("recsys.guards", "{item}", "Items that a guard held back (cap), gave back to slates that were short (returned), or put before better ones (floor).");
        _ranker = meter.CreateHistogram<double>("recsys.ranker.duration", "s", "Time from beginning to rank the candidates of a slate to the ranking model's answer, by outcome.");
        _filters = meter.CreateCounter<long>("recsys.filters", "{request}", "Requests with a filter, by how its rows were found and by the share of the items that it selects.");
        _filtering = meter.CreateHistogram<double>("recsys.filter.duration", "s", "Time in which the rows of a filter were found where they were not kept, by how they were found.");
        _adjusted = meter.CreateCounter<long>("recsys.slate.adjustments", "{item}", "Items in served slates that the make-up of the slate moved, by what moved them: pinned, boosted, diversified, capped or calibrated.");
        _search = meter.CreateHistogram<double>("recsys.index.search.duration", "s", "Time of one search of the index.");
    }

    /// <summary>Takes what nobody may see in the figures of serving: answers that are compared and thrown away.</summary>
    internal static RecommendationMetrics Unobserved { get; } = new(new Meter("unobserved"));

    internal void Served(RecommendReply reply)
    {
        _served.Add(reply.Model.FullVersion, reply.ServedBy, reply.Items.Count);
        for (int i = 0; i < reply.Degraded.Count; i++)
        {
            _degradations.Add(1, new TagList
            {
                { "recsys.component", reply.Degraded[i].Component },
                { "recsys.reason", NameOf(reply.Degraded[i].Reason) },
            });
        }
    }

    internal void Explored(ExplorationPolicy policy, int explored, int newItems)
    {
        if (explored > 0)
            _slots.Add(explored, new KeyValuePair<string, object?>("recsys.slot_type", "explore"), new KeyValuePair<string, object?>("recsys.policy", NameOf(policy)));
        if (newItems > 0)
            _slots.Add(newItems, new KeyValuePair<string, object?>("recsys.slot_type", "new_item"), new KeyValuePair<string, object?>("recsys.policy", NameOf(policy)));
    }

    internal void Guarded(string guard, int items)
    {
        if (items > 0)
            _guarded.Add(items, new KeyValuePair<string, object?>("recsys.guard", guard));
    }

    internal void Adjusted(string kind, int items)
    {
        if (items > 0)
            _adjusted.Add(items, new KeyValuePair<string, object?>("recsys.adjustment", kind));
    }

    /// <param name="lookup">What was found.</param>
    /// <param name="duration">In which time, where it was not there.</param>
    internal void Filtered(FilterLookup lookup, TimeSpan duration)
    {
        var outcome = new KeyValuePair<string, object?>("recsys.outcome", NameOf(lookup.Kind));
        _filters.Add(1, outcome, new KeyValuePair<string, object?>("recsys.filter", FilterClasses.NameOf(lookup.Rows.Class)));
        if (lookup.Kind != FilterLookupKind.Hit)
            _filtering.Record(duration.TotalSeconds, outcome);
    }

    internal void TowerRan(TimeSpan duration, string outcome) =>
        _tower.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("recsys.outcome", outcome));

    internal void Ranked(TimeSpan duration, string outcome) =>
        _ranker.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("recsys.outcome", outcome));

    internal void IndexSearched(TimeSpan duration) => _search.Record(duration.TotalSeconds);

    internal void Fused(TimeSpan duration) => _fusion.Record(duration.TotalSeconds);

    internal void SourceScored(string kind, TimeSpan duration) => _source.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("recsys.source", kind));

    internal void SourceDropped(string kind, string reason) =>
        _dropped.Add(1, new KeyValuePair<string, object?>("recsys.source", kind), new KeyValuePair<string, object?>("recsys.reason", reason));

    internal void Retrieved(string retriever, TimeSpan duration, int candidates)
    {
        var tag = new KeyValuePair<string, object?>("recsys.retriever", retriever);
        _retriever.Record(duration.TotalSeconds, tag);
        _candidates.Record(candidates, tag);
    }

    internal void RetrieverDropped(string retriever, string reason) =>
        _droppedRetrievers.Add(1, new KeyValuePair<string, object?>("recsys.retriever", retriever), new KeyValuePair<string, object?>("recsys.reason", reason));

    // Constants, so that no enum is boxed or formatted per request.
    internal static string NameOf(Rung rung) => rung switch
    {
        Rung.CachedEmbedding => "cached_embedding",
        Rung.UserTower => "user_tower",
        Rung.Session => "session",
        Rung.ClusterProfile => "cluster_profile",
        Rung.Popularity => "popularity",
        _ => "item_embedding",
    };

    internal static string NameOf(FilterLookupKind kind) => kind switch
    {
        FilterLookupKind.Hit => "hit",
        FilterLookupKind.Patched => "patched",
        FilterLookupKind.Compiled => "compiled",
        _ => "columns_made",
    };

    private static string NameOf(ExplorationPolicy policy) => policy switch
    {
        ExplorationPolicy.EpsilonGreedy => "epsilon_greedy",
        ExplorationPolicy.Softmax => "softmax",
        ExplorationPolicy.Thompson => "thompson",
        ExplorationPolicy.Ucb => "ucb",
        _ => "off",
    };

    internal static string NameOf(DegradationReason reason) => reason switch
    {
        DegradationReason.Failed => "failed",
        DegradationReason.Timeout => "timeout",
        DegradationReason.Unavailable => "unavailable",
        DegradationReason.UnknownItems => "unknown_items",
        DegradationReason.UnknownFeatures => "unknown_features",
        DegradationReason.LowRecall => "low_recall",
        DegradationReason.Overloaded => "overloaded",
        _ => "too_few_candidates",
    };
}
