using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Training.Evaluation;

namespace Inference.Training.Fused;

/// <summary>
/// What every source says in one scenario, kept for the search of weights: per user the items that any source ranks high, and their standardised scores by source.
/// </summary>
internal sealed class ScenarioScores
{
    /// <summary>Items per source and user that are kept: an item below the first sixty of every source hardly gets into the first ten of a sum.</summary>
    private const int KeptPerSource = 60;

    /// <param name="users">What the sources say of each user.</param>
    /// <param name="sources">Number of sources.</param>
    public ScenarioScores(UserItems[] users, int sources) => (Users, Sources) = (users, sources);

    public IReadOnlyList<UserItems> Users { get; }

    /// <summary>Number of sources.</summary>
    public int Sources { get; }

    /// <param name="Scores">Sources × items.</param>
    /// <param name="IsTarget">By item.</param>
    /// <param name="Ideal">DCG@10 of a perfect ranking.</param>
    public sealed record UserItems(float[][] Scores, bool[] IsTarget, double Ideal);

    /// <summary>Asks all sources.</summary>
    /// <param name="scenario">Its users; at most <paramref name="mostUsers"/> of them, evenly spread.</param>
    /// <param name="sources">The sources.</param>
    /// <param name="embedder">For those that read embeddings.</param>
    /// <param name="set">Features of users.</param>
    /// <param name="mostUsers">Users at most.</param>
    /// <param name="cancellationToken">Stops between users.</param>
    /// <param name="ofNewItems">Whether scores are standardised over the new items, as those are served.</param>
    public static ScenarioScores Of(
        Scenario scenario, IReadOnlyList<ScoreSource> sources, UserEmbedder embedder, TrainingSet set, int mostUsers, CancellationToken cancellationToken, bool ofNewItems = false)
    {
        // One model per source: its scores are then that source's alone, standardised as they will be.
        NewItemWeights? newItems = ofNewItems ? new NewItemWeights(set.TrainedCount, 0f, [1f]) : null;
        FusedScorer[] scorers = [.. sources.Select(source => new FusedScorer(new FusionModel([source], new FusionWeights([new FusionWeightPoint(0, [1f])]), newItems), new FusionOptions { DenseItems = int.MaxValue }))];
        int count = Math.Min(mostUsers, scenario.Users.Count);
        var users = new UserItems[count];
        Parallel.For(0, count, new ParallelOptions { CancellationToken = cancellationToken }, i =>
        {
            ScenarioUser asked = scenario.Users[(int)((long)i * scenario.Users.Count / count)];
            users[i] = ItemsOf(Read(asked, embedder, set), scorers, scenario.Candidates);
        });
        return new ScenarioScores(users, sources.Count);
    }

    internal static FusedUser Read(ScenarioUser asked, UserEmbedder embedder, TrainingSet set)
    {
        int place = asked.Input.User;
        IReadOnlyDictionary<string, FeatureValue> features = place < 0 ? FeatureSet.None : set.Plan.UserFeatures(set.Plan.Contexts.UserIds[place]);
        return new FusedUser(asked, features, embedder.Embed(features, place, asked.Input.History), embedder.Embed(features, place, default));
    }

    private static UserItems ItemsOf(FusedUser user, FusedScorer[] scorers, CandidateItems candidates)
    {
        int rows = scorers[0].Model.RowCount;
        bool[] isRanked = new bool[rows], isTarget = new bool[rows];
        foreach ((int start, int end) in candidates.Ranges)
            isRanked.AsSpan(start, end - start).Fill(true);
        foreach (int excluded in user.Asked.Excluded.Span)
            isRanked[excluded] = false;
        int targets = 0;
        foreach (int target in user.Asked.Targets.Span)
        {
            targets += isRanked[target] && !isTarget[target] ? 1 : 0;
            isTarget[target] = true;
        }

        float[][] scores = new float[scorers.Length][];
        bool[] isKept = new bool[rows];
        float[] keys = new float[rows];
        int[] order = new int[rows];
        for (int source = 0; source < scorers.Length; source++)
        {
            scores[source] = new float[rows];
            scorers[source].Score(
                new FusionInput { Features = new FeatureSet(user.Features), History = user.Asked.Input.History.Span, Embedding = user.Embedding, ContextEmbedding = user.ContextEmbedding }, scores[source]);
            int ranked = 0;
            for (int row = 0; row < rows; row++)
            {
                if (!isRanked[row])
                    continue;
                keys[ranked] = -scores[source][row];
                order[ranked++] = row;
            }

            Array.Sort(keys, order, 0, ranked);
            foreach (int row in order.AsSpan(0, Math.Min(ranked, KeptPerSource)))
                isKept[row] = true;
        }

        int[] kept = [.. Enumerable.Range(0, rows).Where(row => isKept[row])];
        return new UserItems(
            [.. scores.Select(all => Array.ConvertAll(kept, row => all[row]))],
            Array.ConvertAll(kept, row => isTarget[row]),
            Enumerable.Range(0, Math.Min(10, targets)).Sum(rank => 1 / Math.Log2(rank + 2)));
    }
}
