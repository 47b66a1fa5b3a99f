using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Asks a snapshot what requests will ask, before anybody does: by every surface and without one, of users who touched popular items and of nobody, plainly and with all that a reply can have. The code of a request is compiled when it
/// first runs, and compiled well when it has run some thirty times and then a moment passed; until then it takes longer than retrievers may, and the first requests of a process would get less than there is.
/// </summary>
/// <remarks>Through a pipeline of its own: nothing is counted, logged or kept, and stores are only read.</remarks>
public sealed class FirstRequests
{
    private const int History = 3;

    /// <summary>Rounds before each pause. The runtime begins to count calls when it has compiled nothing new for a tenth of a second.</summary>
    private static readonly int[] s_rounds = [1, 11, 1];

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(150);

    /// <summary>Catalogues up to this size are filtered too; in larger ones reading an attribute takes too long for a start.</summary>
    private const int FilteredItems = 100_000;

    private readonly RecommendationPipeline _pipeline;
    private readonly Somebody _users;
    private readonly TimeProvider _time;
    private readonly ILogger<FirstRequests> _log;

    /// <param name="keys">How ids of users become keys.</param>
    /// <param name="states">Where serving finds users.</param>
    /// <param name="cache">Where it keeps their embeddings; null for nowhere.</param>
    public FirstRequests(UserKeyRing keys, IUserStates states, IUserEmbeddings? cache, TimeProvider time, ILogger<FirstRequests> log)
    {
        (_time, _log) = (time, log);
        _users = new Somebody(states);
        _pipeline = new RecommendationPipeline(_users, cache is null ? null : new ReadCache(cache), keys, new PipelineOptions(), RecommendationMetrics.Unobserved, time, NullLoggerFactory.Instance);
    }

    /// <summary>Asks until all was asked some times, or the time is over; a request under way is not cut off. A request that fails ends it and is told to the log alone: a bundle that passed its checks is not refused by what only warms up.</summary>
    /// <returns>How many requests were answered.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<int> RunAsync(Snapshot snapshot, SurfaceSet surfaces, TimeSpan most, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        int answered = 0, round = 0;
        try
        {
            ItemFilter? filter = FilterOf(snapshot);
            foreach (int rounds in s_rounds)
            {
                for (int end = round + rounds; round < end; round++)
                    answered += await AskAsync(snapshot, surfaces, filter, round, start, most, cancellationToken);
                // The compiler's time, whatever clock requests go by.
                if (_time.GetElapsedTime(start) < most)
                    await Task.Delay(s_pause, TimeProvider.System, cancellationToken);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellationToken.IsCancellationRequested)
        {
            Log.FirstRequestFailed(_log, snapshot.Model.FullVersion, answered, e);
        }

        return answered;
    }

    private async Task<int> AskAsync(Snapshot snapshot, SurfaceSet surfaces, ItemFilter? filter, int round, long start, TimeSpan most, CancellationToken cancellationToken)
    {
        string[] history = HistoryOf(snapshot, round);
        _users.State = new UserState(FeatureSet.None, history);
        int answered = 0;
        for (int i = -1; i < surfaces.All.Count; i++)
        {
            Surface? surface = i < 0 ? null : surfaces.All[i];
            foreach (RecommendQuery query in (RecommendQuery[])[Plain(surface, "", []), Plain(surface, "", history), Plain(surface, $"nobody {_time.GetTimestamp()}", []), Full(surface, history, filter)])
            {
                if (_time.GetElapsedTime(start) >= most)
                    return answered;
                await _pipeline.RecommendAsync(snapshot, query, cancellationToken);
                answered++;
            }
        }

        if (history.Length == 0)
            return answered;
        await _pipeline.SimilarAsync(snapshot, new SimilarItemsQuery { ItemIds = history, Explain = round % 2 == 1 }, cancellationToken);
        return answered + 1;
    }

    private static RecommendQuery Plain(Surface? surface, string user, string[] history) => new() { Surface = surface, UserId = user, RecentItemIds = history, Slate = surface?.Slate ?? SlateRules.None };

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

    /// <summary>Asks the store as requests do, and says that whoever it was touched popular items.</summary>
    private sealed class Somebody(IUserStates states) : IUserStates
    {
        public UserState? State { get; set; }

        public async ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken)
        {
            await states.FindAsync(user, cancellationToken);
            return new UserLookup(State);
        }

        public UserState? Held(UserIdentity user) => State;
    }

    /// <summary>A cache that is read and not written.</summary>
    private sealed class ReadCache(IUserEmbeddings cache) : IUserEmbeddings
    {
        public ValueTask<bool> TryGetAsync(string space, UserKey user, ulong stamp, Memory<float> embedding, CancellationToken cancellationToken) => cache.TryGetAsync(space, user, stamp, embedding, cancellationToken);

        public void Set(string space, UserKey user, ulong stamp, ReadOnlySpan<float> embedding)
        {
        }
    }
}
