using Inference.Recommendations.Filters;
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
        long start = time.GetTimestamp();
        ValueTask<FilterLookup> finding = snapshot.Items.Filters.FindAsync(filter, time.GetUtcNow(), cancellationToken);
        return finding.IsCompletedSuccessfully ? new ValueTask<FilterRows?>(Count(finding.Result, start)) : WaitAsync(finding, start);
    }

    /// <summary>Says where a filter leaves less than was asked for.</summary>
    public static void Report(FilterRows? filter, int limit, Degradations degraded)
    {
        if (filter is not null && filter.Count < limit)
            degraded.Add(Components.Filter, DegradationReason.TooFewCandidates, $"The filter selects {filter.Count} of {filter.Items} items; {limit} were asked for.");
    }

    private async ValueTask<FilterRows?> WaitAsync(ValueTask<FilterLookup> finding, long start) => Count(await finding, start);

    private FilterRows Count(FilterLookup lookup, long start)
    {
        metrics.Filtered(lookup, lookup.Kind == FilterLookupKind.Hit ? TimeSpan.Zero : time.GetElapsedTime(start));
        return lookup.Rows;
    }
}
