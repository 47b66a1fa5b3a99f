using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Loading;
using Inference.Training.Evaluation;
using Inference.Training.Splits;

namespace Inference.Training.Ranking;

/// <summary>
/// Asks a bundle for candidates as a server would, by the objects that serve, and writes down what a ranking model would be told of them. Users of a validation or test part only: what the sources of the bundle say of the users
/// whom they were made of is learned by heart.
/// </summary>
internal sealed class RankingLists
{
    private readonly Snapshot _snapshot;
    private readonly EvaluationInputs _inputs;
    private readonly int _depth;
    private readonly int[] _rowOf;

    /// <param name="snapshot">The bundle.</param>
    /// <param name="inputs">The data.</param>
    /// <param name="depth">Candidates of a list, at most.</param>
    public RankingLists(Snapshot snapshot, EvaluationInputs inputs, int depth)
    {
        (_snapshot, _inputs, _depth) = (snapshot, inputs, depth);
        _rowOf = [.. inputs.Split.Items.Ids.Select(id => snapshot.Items.TryGetRow(id, out int row) ? row : -1)];
    }

    /// <summary>The questions of a part: unseen users with 0 to 10 known events, and users who came back.</summary>
    /// <param name="mostUsers">Of a scenario, at most; null for all.</param>
    public List<RankingList> Of(EvaluationPart part, int? mostUsers, IProgress<double> progress, CancellationToken cancellationToken)
    {
        Scenario[] scenarios =
        [
            .. FewShotUsers.Shots.Select(shots => Scenarios.FewShots(_inputs.Split, part, shots, _inputs.Contexts, mostUsers)), Scenarios.WarmUsers(_inputs.Split, part, _inputs.Contexts, mostUsers),
        ];
        var lists = new List<RankingList>();
        for (int s = 0; s < scenarios.Length; s++)
        {
            Scenario scenario = scenarios[s];
            var some = new RankingList?[scenario.Users.Count];
            // The towers answer on the caller's thread where they are idle; what they are asked at once shares a batch.
            // On threads of their own: each waits for the tower, and what it waits for may need one of the pool, which adds none while the processors are busy.
            using var threads = new LoadingThreads(Environment.ProcessorCount, niceness: 0);
            Parallel.For(0, some.Length, new ParallelOptions { CancellationToken = cancellationToken, TaskScheduler = threads }, i => some[i] = ListOf(scenario, scenario.Users[i]));
            lists.AddRange(some.OfType<RankingList>());
            progress.Report((s + 1d) / scenarios.Length);
        }

        return lists;
    }

    private RankingList? ListOf(Scenario scenario, ScenarioUser user)
    {
        IReadOnlyDictionary<string, FeatureValue> features = user.Input.User < 0 ? FeatureSet.None : _inputs.Features.UserFeatures(_inputs.Contexts.UserIds[user.Input.User]);
        int[] history = RowsOf(user.Input.History.Span);
        float[] scores = new float[_snapshot.Items.BundleRows];
        float[] vector = Ask(new FeatureSet(features), history, scores);

        // The items that may be ranked: the scenario's, without those that are known.
        bool[] isRanked = new bool[scores.Length], isTarget = new bool[scores.Length];
        foreach ((int start, int end) in scenario.Candidates.Ranges)
        {
            foreach (int row in _rowOf.AsSpan(start, end - start))
            {
                if (row >= 0)
                    isRanked[row] = true;
            }
        }

        foreach (int row in RowsOf(user.Excluded.Span))
            isRanked[row] = false;
        int targets = 0;
        foreach (int row in RowsOf(user.Targets.Span))
        {
            targets += isRanked[row] && !isTarget[row] ? 1 : 0;
            isTarget[row] = true;
        }

        if (targets == 0)
            return null;
        int[] rows = [.. Enumerable.Range(0, scores.Length).Where(row => isRanked[row]).OrderByDescending(row => scores[row]).ThenBy(row => row).Take(_depth)];
        using var slate = new Slate(rows.Length) { WantsVector = true };
        slate.KeepVector(vector);
        foreach (int row in rows)
            slate.Add(row, scores[row], Sources.Towers);
        float[] cross = new float[rows.Length * CrossFeatures.Count];
        RankFeatures.Fill(_snapshot, RankerInputs.Reads, slate, history, cross);
        float[] raw = new float[rows.Length * RankerInputs.Columns.Length];
        for (int i = 0; i < raw.Length; i++)
            raw[i] = cross[(i / RankerInputs.Columns.Length * CrossFeatures.Count) + (int)RankerInputs.Columns[i % RankerInputs.Columns.Length].Feature];
        return new RankingList(scenario.Name, user.Id, rows, raw, Array.ConvertAll(rows, row => isTarget[row]), Enumerable.Range(0, Math.Min(10, targets)).Sum(rank => 1 / Math.Log2(rank + 2)));
    }

    /// <summary>Scores the catalogue as it is served.</summary>
    /// <returns>What the user is searched for with, as a request keeps it; empty where no tower is asked.</returns>
    private float[] Ask(FeatureSet features, int[] history, float[] scores)
    {
        if (_snapshot.ScorerFor(history) is { } fused)
        {
            int events = fused.EventsOf(history);
            if (events > 0 || _snapshot.Context.ReadsAny(features))
            {
                FusionModel model = fused.Model;
                float[] own = events > 0 && model.NeedsEmbedding(events, ofContext: false) ? Encode(features, history) : [];
                float[] context = model.NeedsEmbedding(events, ofContext: true) || (events == 0 && model.NeedsEmbedding(0, ofContext: false)) ? Encode(features, []) : [];
                float[] embedding = events == 0 ? context : own;
                fused.Score(new FusionInput { Features = features, History = history, Embedding = embedding, ContextEmbedding = context }, scores);
                return embedding.Length > 0 ? embedding : context;
            }
        }
        else if (history.Length > 0)
        {
            float[] embedding = Encode(features, history);
            for (int row = 0; row < scores.Length; row++)
                scores[row] = _snapshot.Index.Score(embedding, row);
            return embedding;
        }

        for (int row = 0; row < scores.Length; row++)
            scores[row] = _snapshot.Popularity.RateOf(row);
        return [];
    }

    private float[] Encode(FeatureSet features, int[] history)
    {
        float[] embedding = new float[_snapshot.Model.Dimension];
        UserTowerInput[] user = [new UserTowerInput(features, history)];
        // On the pool: what the tower goes on with would otherwise wait for the thread that waits here.
        Task.Run(() => _snapshot.UserTower.EncodeAsync(user, embedding, CancellationToken.None).AsTask()).GetAwaiter().GetResult();
        return embedding;
    }

    private int[] RowsOf(ReadOnlySpan<int> items)
    {
        var rows = new List<int>(items.Length);
        foreach (int item in items)
        {
            if (_rowOf[item] >= 0)
                rows.Add(_rowOf[item]);
        }

        return [.. rows];
    }
}
