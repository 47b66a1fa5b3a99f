using Inference.Recommendations;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Training.Demo;

/// <summary>
/// Holds the served pipeline against what the demo's users take next: the ladder's rungs, and the best that anyone could do who knows the truth.
/// </summary>
internal sealed class DemoJudge
{
    private const int Slate = 10;

    private readonly DemoWorld _world;
    private readonly DemoContent _content;
    private readonly Snapshot _snapshot;
    private readonly RecommendationPipeline _pipeline;

    public DemoJudge(DemoWorld world, DemoContent content, Snapshot snapshot)
    {
        _world = world;
        _content = content;
        _snapshot = snapshot;
        // A judgement has time: the budgets of serving would make it depend on the machine.
        var options = new PipelineOptions { TowerBudget = TimeSpan.FromSeconds(10), UserStateBudget = TimeSpan.FromSeconds(1) };
        _pipeline = new RecommendationPipeline(new NobodyIsKnown(), null, new UserKeyRing("judge"u8), options, RecommendationMetrics.Unobserved, TimeProvider.System, NullLoggerFactory.Instance);
    }

    /// <summary>Judges all rungs on at most so many seen and so many unseen users.</summary>
    public async Task<IReadOnlyList<DemoScore>> JudgeAsync(int mostUsers, CancellationToken cancellationToken)
    {
        int seen = Math.Min(Math.Min(_world.Users.SeenCount, DemoUsers.JudgedUsers), mostUsers);
        int unseen = Math.Min(_world.Users.Count - _world.Users.SeenCount, mostUsers);
        return
        [
            await ScoreAsync("popularity", "seen", 0, seen, Retrievers.Popularity, cancellationToken),
            await ScoreAsync("towers", "seen", 0, seen, Retrievers.Towers, cancellationToken),
            Oracle("seen", 0, seen),
            await ScoreAsync("popularity", "unseen", _world.Users.SeenCount, unseen, Retrievers.Popularity, cancellationToken),
            await ScoreAsync("cluster_profile", "unseen", _world.Users.SeenCount, unseen, Retrievers.ClusterProfile, cancellationToken),
            Oracle("unseen", _world.Users.SeenCount, unseen),
        ];
    }

    private async Task<DemoScore> ScoreAsync(string name, string audience, int first, int count, Retrievers retrievers, CancellationToken cancellationToken)
    {
        var tally = new Tally();
        for (int user = first; user < first + count; user++)
        {
            RecommendReply reply = await _pipeline.RecommendAsync(
                _snapshot,
                new RecommendQuery
                {
                    Context = _content.ContextOf(user),
                    RecentItemIds = Array.ConvertAll(_world.Users.Histories[user], DemoItems.IdOf),
                    Limit = Slate,
                    Retrievers = retrievers,
                },
                cancellationToken);
            tally.Add([.. reply.Items.Select(item => item.ItemId)], _world.Users.HeldOut[user]);
        }

        return tally.Score(name, audience);
    }

    /// <summary>Ranks by the true probabilities, without what the user has.</summary>
    private DemoScore Oracle(string audience, int first, int count)
    {
        string[][] slates = new string[count][];
        Parallel.For(0, count, i =>
        {
            int user = first + i;
            HashSet<int> seen = [.. _world.Users.Histories[user]];
            var best = new PriorityQueue<int, double>();
            for (int row = 0; row < _world.Items.CatalogueCount; row++)
            {
                if (seen.Contains(row))
                    continue;
                if (best.Count < Slate)
                    best.Enqueue(row, _world.TrueScore(user, row));
                else
                    best.EnqueueDequeue(row, _world.TrueScore(user, row));
            }

            slates[i] = [.. best.UnorderedItems.Select(item => DemoItems.IdOf(item.Element))];
        });
        var tally = new Tally();
        for (int i = 0; i < count; i++)
            tally.Add([.. slates[i]], _world.Users.HeldOut[first + i]);
        return tally.Score("oracle", audience);
    }

    private sealed class Tally
    {
        private int _users;
        private int _lucky;
        private int _hits;
        private int _events;

        public void Add(HashSet<string> slate, int[] next)
        {
            int hits = next.Count(row => slate.Contains(DemoItems.IdOf(row)));
            _users++;
            _lucky += hits > 0 ? 1 : 0;
            _hits += hits;
            _events += next.Length;
        }

        public DemoScore Score(string name, string audience) =>
            new(name, audience, _users, (double)_lucky / Math.Max(1, _users), (double)_hits / Math.Max(1, _events));
    }

    /// <summary>The judge sends histories with the question, as a session would.</summary>
    private sealed class NobodyIsKnown : IUserStates
    {
        public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => new(default(UserLookup));

        public UserState? Held(UserIdentity user) => null;
    }
}
