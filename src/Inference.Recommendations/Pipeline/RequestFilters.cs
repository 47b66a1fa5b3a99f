using System.Diagnostics;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>The rows that the filter of a request selects, together with the filter that every request has. Safe for concurrent use.</summary>
internal sealed class RequestFilters(FilterOptions options, RecommendationMetrics metrics, TimeProvider time)
{
    private readonly ItemFilter? _always = options.AlwaysFilter();

    /// <summary>The rows; null where nothing is filtered. Waits only where a column has to be made first.</summary>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<FilterRows?> FindAsync(Snapshot snapshot, ItemFilter? asked, CancellationToken cancellationToken)
    {
        ItemFilter? filter = asked is null ? _always : _always is null ? asked : asked.And(_always);
        if (filter is null)
            return default;
        return Spans.AreWanted(Log.Activities) ? FindInSpanAsync(snapshot, filter, cancellationToken) : FindAsync(snapshot, filter, null, cancellationToken);
    }

    private ValueTask<FilterRows?> FindAsync(Snapshot snapshot, ItemFilter filter, Activity? span, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        ValueTask<FilterLookup> finding = snapshot.Items.Filters.FindAsync(filter, time.GetUtcNow(), cancellationToken);
        return finding.IsCompletedSuccessfully ? new ValueTask<FilterRows?>(Count(finding.Result, start, span)) : WaitAsync(finding, start, span);
    }

    /// <summary>Says where a filter leaves less than was asked for.</summary>
    public static void Report(FilterRows? filter, int limit, Degradations degraded)
    {
        if (filter is not null && filter.Count < limit)
            degraded.Add(Components.Filter, DegradationReason.TooFewCandidates, $"The filter selects {filter.Count} of {filter.Items} items; {limit} were asked for.");
    }

    private async ValueTask<FilterRows?> FindInSpanAsync(Snapshot snapshot, ItemFilter filter, CancellationToken cancellationToken)
    {
        using Activity? span = Spans.Begin(Log.Activities, "filter");
        return await FindAsync(snapshot, filter, span, cancellationToken);
    }

    private async ValueTask<FilterRows?> WaitAsync(ValueTask<FilterLookup> finding, long start, Activity? span) => Count(await finding, start, span);

    private FilterRows Count(FilterLookup lookup, long start, Activity? span)
    {
        span?.SetTag(Spans.Outcome, RecommendationMetrics.NameOf(lookup.Kind)).SetTag("recsys.filter", FilterClasses.NameOf(lookup.Rows.Class));
        metrics.Filtered(lookup, lookup.Kind == FilterLookupKind.Hit ? TimeSpan.Zero : time.GetElapsedTime(start));
        return lookup.Rows;
    }
}
