using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Training.Evaluation;
using Inference.Training.Evaluation.Sessions;
using Inference.Training.TwoTower;

namespace Inference.Training.Fused;

/// <summary>
/// How much an item says of a user's clusters that was shown and passed over: the weight with which the clusters alone get the most clicks in simulated sessions of the validation part. Items that
/// are shown on one page are much alike, so they are not as many independent witnesses; how far from it differs from one data set to the other.
/// </summary>
internal static class SkipWeightChoice
{
    /// <summary>Users who are played, at most.</summary>
    private const int MostUsers = 400;

    /// <summary>With fewer clicks than this in all sessions, differences are chance and the default has to do.</summary>
    private const double FewestClicks = 100;

    /// <summary>What is tried. A larger weight has to be better by this share than the best of the smaller ones.</summary>
    private static readonly float[] Weights = [0.25f, 0.5f, 1f, 2f];

    private const double LeastGain = 0.002;

    /// <summary>Chooses.</summary>
    /// <param name="source">The clusters.</param>
    /// <param name="popularity">As the clusters' profiles were made with.</param>
    /// <param name="towers">Not asked: clusters read no embeddings.</param>
    /// <param name="set">Users of the validation part.</param>
    /// <param name="cancellationToken">Stops between users.</param>
    public static float Choose(ClusterSource source, Popularity popularity, TwoTowerModel towers, TrainingSet set, CancellationToken cancellationToken)
    {
        IReadOnlyList<SessionUser> users = SessionUser.All(set.Split, EvaluationPart.Validation, set.Plan.Contexts);
        if (users.Count > MostUsers)
            users = [.. Enumerable.Range(0, MostUsers).Select(i => users[(int)((long)i * users.Count / MostUsers)])];
        if (users.Count == 0)
            return ClusterPosterior.DefaultSkipWeight;
        float best = ClusterPosterior.DefaultSkipWeight;
        double most = 0;
        foreach (float weight in Weights)
        {
            ClusterPosterior posterior = source.Posterior.With(source.Posterior.ClickWeight, weight);
            var clusters = new ClusterSource(source.Name, posterior, popularity, source.Epsilon, source.IsStandardised);
            var alone = new FusedScorer(new FusionModel([clusters], new FusionWeights([new FusionWeightPoint(0, [1f])])), new FusionOptions { DenseItems = int.MaxValue });
            var model = new FusedRanking(source.Name, alone, UserEmbedder.Of(towers), set.Plan.Contexts, set.Plan.UserFeatures);
            SessionResult result = SessionSimulation.Play(new SessionPolicy(source.Name, model), users, set.TrainedCount, new SessionOptions(), progress: null, cancellationToken);
            double hits = result.HitsUntil(result.Pages);
            if (hits > Math.Max(most * (1 + LeastGain), FewestClicks / users.Count))
                (best, most) = (weight, hits);
        }

        return best;
    }
}
