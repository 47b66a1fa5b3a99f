using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Training.Evaluation;

namespace Inference.Training.Fused;

/// <summary>
/// Places new items among all items: the level of their average and the spread about it, in deviations of the fused score.
/// <list type="number">
/// <item>Ask the model about the validation part, with its new items among the candidates; keep the best ten known and the best ten new items of each user.</item>
/// <item>Over a grid, merge both. What training users touched later, known or new, tells what new items deserve: NDCG@10 over all of it is to be greatest.</item>
/// <item>No level may take more than 0.5 % of the NDCG@10 over known items from any scenario. What people touched of new items does not count there, so the true loss is less.</item>
/// </list>
/// </summary>
internal sealed class NewItemLevel(TrainingSet set, UserEmbedder embedder)
{
    /// <summary>What a scenario may lose of known items, as a share.</summary>
    public const double MostLoss = 0.005;

    /// <summary>Where new items come behind all others, and are ranked among themselves.</summary>
    public const float Behind = -20f;

    private const int Slate = 10;
    private static readonly float[] Spreads = [0.25f, 0.5f, 0.75f, 1f, 1.5f, 2f, 3f];
    private static readonly float[] Levels = [.. Enumerable.Range(0, 65).Select(step => -4f + (0.25f * step))];
    private static readonly double[] Discounts = [.. Enumerable.Range(0, Slate).Select(rank => 1 / Math.Log2(rank + 2))];

    /// <summary>The best of one user.</summary>
    /// <param name="Known">Scores of known items in deviations of the fused score, best first.</param>
    /// <param name="IsKnownTarget">Which of them are to be found.</param>
    /// <param name="New">Scores of new items, in the same unit, about a level of 0.</param>
    /// <param name="IsNewTarget">Which of them are to be found.</param>
    /// <param name="KnownTargets">Known items to be found.</param>
    /// <param name="NewTargets">New items to be found.</param>
    internal sealed record Placed(float[] Known, bool[] IsKnownTarget, float[] New, bool[] IsNewTarget, int KnownTargets, int NewTargets);

    /// <summary>Finds both.</summary>
    /// <param name="model">With weights of new items at level 1; not disposed.</param>
    /// <param name="mostUsers">Users of a scenario at most, evenly spread.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellationToken">Stops between users.</param>
    public (float Level, float Spread) Find(FusionModel model, int mostUsers, IProgress<double> progress, CancellationToken cancellationToken)
    {
        Scenario cold = Scenarios.UnseenItems(set.Split, EvaluationPart.Validation, set.Plan.Contexts, amongAll: true);
        var scorer = new FusedScorer(model, new FusionOptions { DenseItems = int.MaxValue });
        Placed[] returning = Ask(scorer, Returning(cold), cold.Candidates, mostUsers, cancellationToken);
        progress.Report(0.8);
        List<Placed[]> groups = [[.. returning.Where(user => user.KnownTargets > 0)]];
        foreach (int shots in Splits.FewShotUsers.Shots)
            groups.Add(Ask(scorer, Scenarios.FewShots(set.Split, EvaluationPart.Validation, shots, set.Plan.Contexts).Users, cold.Candidates, mostUsers, cancellationToken));
        return Choose(returning, [.. groups.Where(group => group.Length > 0)]);
    }

    /// <summary>The level and spread that serve the returning users best, of those that cost no group too much.</summary>
    internal static (float Level, float Spread) Choose(Placed[] returning, IReadOnlyList<Placed[]> groups)
    {
        double[] least = [.. groups.Select(group => (1 - MostLoss) * Quality(group, Behind, 1f, withNew: false))];
        (float Level, float Spread, double Quality) best = (Behind, 1f, Quality(returning, Behind, 1f, withNew: true));
        foreach (float spread in Spreads)
        {
            foreach (float level in Levels)
            {
                double quality = Quality(returning, level, spread, withNew: true);
                if (quality > best.Quality && !groups.Where((group, i) => Quality(group, level, spread, withNew: false) < least[i]).Any())
                    best = (level, spread, quality);
            }
        }

        return (best.Level, best.Spread);
    }

    /// <summary>Mean NDCG@10 of known items and new ones merged.</summary>
    /// <param name="withNew">Whether new items are among what is to be found.</param>
    internal static double Quality(Placed[] users, float level, float spread, bool withNew)
    {
        double sum = 0;
        foreach (Placed user in users)
        {
            int known = 0, fresh = 0, targets = user.KnownTargets + (withNew ? user.NewTargets : 0);
            double gain = 0, ideal = 0;
            for (int rank = 0; rank < Slate; rank++)
            {
                ideal += rank < targets ? Discounts[rank] : 0;
                float best = fresh < user.New.Length ? level + (spread * user.New[fresh]) : float.NegativeInfinity;
                if (known < user.Known.Length && user.Known[known] >= best)
                    gain += user.IsKnownTarget[known++] ? Discounts[rank] : 0;
                else if (fresh < user.New.Length)
                    gain += user.IsNewTarget[fresh++] && withNew ? Discounts[rank] : 0;
            }

            sum += ideal > 0 ? gain / ideal : 0;
        }

        return users.Length == 0 ? 0 : sum / users.Length;
    }

    /// <summary>Training users with all that they touched in the validation part, of known items and new ones.</summary>
    private List<ScenarioUser> Returning(Scenario cold)
    {
        var later = new SortedDictionary<string, ScenarioUser>(StringComparer.Ordinal);
        foreach (ScenarioUser user in Scenarios.WarmUsers(set.Split, EvaluationPart.Validation, set.Plan.Contexts).Users)
            later[user.Id] = user;
        foreach (ScenarioUser user in cold.Users)
            later[user.Id] = later.TryGetValue(user.Id, out ScenarioUser warm) ? warm with { Targets = (int[])[.. warm.Targets.Span, .. user.Targets.Span] } : user;
        return [.. later.Values];
    }

    private Placed[] Ask(FusedScorer scorer, IReadOnlyList<ScenarioUser> users, CandidateItems candidates, int mostUsers, CancellationToken cancellationToken)
    {
        var placed = new Placed[Math.Min(mostUsers, users.Count)];
        Parallel.For(0, placed.Length, new ParallelOptions { CancellationToken = cancellationToken }, i =>
            placed[i] = Of(ScenarioScores.Read(users[(int)((long)i * users.Count / placed.Length)], embedder, set), scorer, candidates));
        return placed;
    }

    private Placed Of(FusedUser user, FusedScorer scorer, CandidateItems candidates)
    {
        float[] scores = new float[scorer.Model.RowCount];
        scorer.Score(
            new FusionInput { Features = new FeatureSet(user.Features), History = user.Asked.Input.History.Span, Embedding = user.Embedding, ContextEmbedding = user.ContextEmbedding }, scores);
        // About their mean the scores of new items sum to 0, so at level 1 that mean is the unit.
        float unit = TensorPrimitives.Average<float>(scores.AsSpan(set.TrainedCount));
        if (!(unit > 0))
            unit = 1;
        HashSet<int> targets = [.. user.Asked.Targets.Span], excluded = [.. user.Asked.Excluded.Span];
        (float[] known, bool[] isKnownTarget, int knownTargets) = Best(0, set.TrainedCount, 0);
        (float[] fresh, bool[] isNewTarget, int newTargets) = Best(set.TrainedCount, scores.Length, 1);
        return new Placed(known, isKnownTarget, fresh, isNewTarget, knownTargets, newTargets);

        (float[], bool[], int) Best(int from, int to, float level)
        {
            int[] items = [.. Enumerable.Range(from, to - from).Where(item => candidates.Contains(item) && !excluded.Contains(item))];
            int[] best = [.. items.OrderByDescending(item => scores[item]).Take(Slate)];
            return ([.. best.Select(item => (scores[item] / unit) - level)], [.. best.Select(targets.Contains)], items.Count(targets.Contains));
        }
    }
}
