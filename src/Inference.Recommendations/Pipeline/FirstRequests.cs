using Inference.Recommendations.Filters;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Asks a snapshot what requests will ask, before anybody does: by every surface and without one, of somebody who touched popular items and of nobody, plainly and with all that a reply can have. The code of a request is compiled when it
/// first runs, which takes longer than retrievers may: without this, the first requests of a process would get less than there is.
/// </summary>
/// <remarks>Through a pipeline of its own: nothing is counted, logged or kept.</remarks>
public sealed class FirstRequests
{
    private const int Rounds = 12, History = 3;

    /// <summary>Catalogues up to this size are filtered too; in larger ones reading an attribute takes too long for a start.</summary>
    private const int FilteredItems = 100_000;

    private readonly RecommendationPipeline _pipeline;
    private readonly TimeProvider _time;

    public FirstRequests(UserKeyRing keys, TimeProvider time)
    {
        _time = time;
        _pipeline = new RecommendationPipeline(new Nobody(), cache: null, keys, new PipelineOptions(), RecommendationMetrics.Unobserved, time, NullLoggerFactory.Instance);
    }

    /// <summary>Asks until all was asked some times, or the time is over; a request under way is not cut off.</summary>
    /// <returns>How many requests were answered.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<int> RunAsync(Snapshot snapshot, SurfaceSet surfaces, TimeSpan most, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        ItemFilter? filter = FilterOf(snapshot);
        int answered = 0;
        for (int round = 0; round < Rounds; round++)
        {
            string[] history = HistoryOf(snapshot, round);
            for (int i = -1; i < surfaces.All.Count; i++)
            {
                Surface? surface = i < 0 ? null : surfaces.All[i];
                foreach (RecommendQuery query in (RecommendQuery[])[Plain(surface, []), Plain(surface, history), Full(surface, history, filter)])
                {
                    if (_time.GetElapsedTime(start) >= most)
                        return answered;
                    await _pipeline.RecommendAsync(snapshot, query, cancellationToken);
                    answered++;
                }
            }

            if (history.Length == 0)
                continue;
            await _pipeline.SimilarAsync(snapshot, new SimilarItemsQuery { ItemIds = history, Explain = round % 2 == 1 }, cancellationToken);
            answered++;
        }

        return answered;
    }

    private static RecommendQuery Plain(Surface? surface, string[] history) => new() { Surface = surface, RecentItemIds = history, Slate = surface?.Slate ?? SlateRules.None };

    private static RecommendQuery Full(Surface? surface, string[] history, ItemFilter? filter) => new()
    {
        Surface = surface,
        RecentItemIds = history,
        Filter = filter,
        Explain = true,
        Slate = (surface?.Slate ?? SlateRules.None) with { Diversity = 0.2, Calibration = new Calibration(0.1) },
    };

    private static string[] HistoryOf(Snapshot snapshot, int round)
    {
        ReadOnlySpan<ScoredRow> ranked = snapshot.Popularity.Ranked;
        var history = new List<string>(History);
        for (int i = 0; i < Math.Min(History, ranked.Length); i++)
        {
            int row = ranked[((round * History) + i) % ranked.Length].Row;
            if (snapshot.Items.Rows.Contains(row))
                history.Add(snapshot.Items.IdOf(row));
        }

        return [.. history];
    }

    /// <summary>A filter that any item with some attribute passes.</summary>
    private static ItemFilter? FilterOf(Snapshot snapshot)
    {
        if (snapshot.Items.Count > FilteredItems || snapshot.Popularity.Ranked.IsEmpty)
            return null;
        foreach (string name in snapshot.Items.ContentOf(snapshot.Popularity.Ranked[0].Row).Attributes.Keys)
        {
            if (snapshot.Items.Filters.TryRead($"exists({name})", out ItemFilter? filter, out _))
                return filter;
        }

        return null;
    }

    private sealed class Nobody : IUserStates
    {
        public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => default;

        public UserState? Held(UserIdentity user) => null;
    }
}
