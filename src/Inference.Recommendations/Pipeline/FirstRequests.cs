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
/// <remarks>Through a pipeline of its own: nothing is counted or logged, and what others see is only read.</remarks>
public sealed class FirstRequests
{
    /// <summary>How many items those asked for touched, in turns: as little as is mixed with profiles and popularity (<see cref="Fusion.FusionOptions.FewEvents"/>), and as much as the towers answer alone.</summary>
    private static readonly int[] s_histories = [3, 30];

    /// <summary>Rounds before each pause. The runtime begins to count calls when it has compiled nothing new for a tenth of a second.</summary>
    private static readonly int[] s_rounds = [1, 11, 1];

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(150);

    /// <summary>Catalogues up to this size are filtered too; in larger ones reading an attribute takes too long for a start.</summary>
    private const int FilteredItems = 100_000;

    private readonly Somebody _users;
    private readonly TimeProvider _time;
    private readonly ILogger<FirstRequests> _log;

    /// <param name="keys">How ids of users become keys.</param>
    /// <param name="states">Where serving finds users.</param>
    /// <param name="cache">Where it keeps their embeddings; null for nowhere.</param>
    /// <param name="own">Keeps embeddings for these requests alone; null for nowhere.</param>
    public FirstRequests(UserKeyRing keys, IUserStates states, IUserEmbeddings? cache, IUserEmbeddings? own, TimeProvider time, ILogger<FirstRequests> log)
    {
        (_time, _log) = (time, log);
        _users = new Somebody(states);
        Pipeline = new RecommendationPipeline(_users, cache is null || own is null ? null : new OwnCache(cache, own), keys, new PipelineOptions(), RecommendationMetrics.Unobserved, time, NullLoggerFactory.Instance);
    }

    /// <summary>What asks: for it every user touched popular items, and nothing that it does is counted, logged or kept.</summary>
    public RecommendationPipeline Pipeline { get; }

    /// <summary>Asks until all was asked some times, or the time is over; a request under way is not cut off. A request that fails ends it and is told to the log alone: a bundle that passed its checks is not refused by what only warms up.</summary>
    /// <param name="snapshot">What is asked.</param>
    /// <param name="users">What its bundle knows of users; some of them are asked for, too.</param>
    /// <param name="surfaces">What requests may name.</param>
    /// <param name="most">How long this may take.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many requests were answered.</returns>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async Task<int> RunAsync(Snapshot snapshot, IEnumerable<UserState> users, SurfaceSet surfaces, TimeSpan most, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        int answered = 0, round = 0;
        UserState[] some = [.. users.Take(s_rounds.Sum())];
        try
        {
            ItemFilter? filter = FilterOf(snapshot);
            foreach (int rounds in s_rounds)
            {
                for (int end = round + rounds; round < end; round++)
                    answered += await AskAsync(snapshot, some, surfaces, filter, round, start, most, cancellationToken);
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

    private async Task<int> AskAsync(Snapshot snapshot, UserState[] users, SurfaceSet surfaces, ItemFilter? filter, int round, long start, TimeSpan most, CancellationToken cancellationToken)
    {
        string[] history = HistoryOf(snapshot, round);
        _users.State = round % 3 == 2 && users.Length > 0 ? users[round % users.Length] : new UserState(FeatureSet.None, history);
        int answered = 0;
        for (int i = -1; i < surfaces.All.Count; i++)
        {
            Surface? surface = i < 0 ? null : surfaces.All[i];
            foreach (RecommendQuery query in (RecommendQuery[])[Plain(surface, "", []), Plain(surface, "", history), Plain(surface, $"nobody {_time.GetTimestamp()}", []), Full(surface, history, filter)])
            {
                if (_time.GetElapsedTime(start) >= most)
                    return answered;
                await Pipeline.RecommendAsync(snapshot, query, cancellationToken);
                answered++;
            }
        }

        if (history.Length == 0)
            return answered;
        await Pipeline.SimilarAsync(snapshot, new SimilarItemsQuery { ItemIds = history, Explain = round % 2 == 1 }, cancellationToken);
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
        int count = Math.Min(s_histories[round % s_histories.Length], ranked.Length);
        var history = new List<string>(count);
        for (int i = 0; i < count; i++)
        {
            int row = ranked[((round * count) + i) % ranked.Length].Row;
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

    /// <summary>Reads where serving does, which is a miss, and then its own; writes to its own alone.</summary>
    private sealed class OwnCache(IUserEmbeddings cache, IUserEmbeddings own) : IUserEmbeddings
    {
        public async ValueTask<bool> TryGetAsync(string space, UserKey user, ulong stamp, Memory<float> embedding, CancellationToken cancellationToken) =>
            await cache.TryGetAsync(space, user, stamp, embedding, cancellationToken) || await own.TryGetAsync(space, user, stamp, embedding, cancellationToken);

        public void Set(string space, UserKey user, ulong stamp, ReadOnlySpan<float> embedding) => own.Set(space, user, stamp, embedding);
    }
}
