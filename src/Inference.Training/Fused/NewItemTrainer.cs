using Inference.Recommendations.Fusion;
using Inference.Training.Evaluation;

namespace Inference.Training.Fused;

/// <summary>
/// Learns how new items are scored from those of the validation part.
/// <list type="number">
/// <item>Ask each source about the users of the validation part that touched new items, and search its weights as those of known items (<see cref="WeightSearch"/>), shrunk to a prior
/// (<see cref="FusionPrior.OfNewItems"/>). Sources that say the same of all new items have none.</item>
/// <item>Unless they rank the new items of the validation part better among themselves than the weights of known items do, leave all as it is.</item>
/// <item>Place them among all items (<see cref="NewItemLevel"/>).</item>
/// </list>
/// </summary>
/// <param name="set">What the sources were fitted on.</param>
/// <param name="sources">All of them.</param>
/// <param name="embedder">For those that read embeddings.</param>
/// <param name="judge">Judges on the validation part.</param>
/// <param name="seed">Names what is chance.</param>
internal sealed class NewItemTrainer(TrainingSet set, IReadOnlyList<ScoreSource> sources, UserEmbedder embedder, Judge judge, ulong seed)
{
    /// <summary>Fewer new items give no deviation to go by.</summary>
    private const int FewestItems = 10;

    private const int MostUsers = 1_000;

    /// <summary>The weights, one per source; null where new items had best be scored as others.</summary>
    /// <param name="known">By known events, the weights of known items.</param>
    /// <param name="progress">Told the share that is done.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    public NewItemWeights? Learn(IReadOnlyList<(int Events, IReadOnlyDictionary<string, float> Weights)> known, IProgress<double> progress, CancellationToken cancellationToken)
    {
        if (set.ItemCount - set.TrainedCount < FewestItems || set.Split.Items.ColdValidation.GetOffsetAndLength(set.ItemCount).Length == 0)
            return null;
        Scenario cold = Scenarios.UnseenItems(set.Split, EvaluationPart.Validation, set.Plan.Contexts);
        if (cold.Users.Count == 0)
            return null;

        // :: Step 1
        ScenarioScores scores = ScenarioScores.Of(cold, sources, embedder, set, MostUsers, cancellationToken, ofNewItems: true);
        bool[] speaks = [.. Enumerable.Range(0, sources.Count).Select(source => scores.Users.Any(user => TellsApart(user.Scores[source])))];
        if (!speaks.Contains(true))
            return null;
        float[] weights = new WeightSearch(seed).Find([scores], FusionPrior.OfNewItems(sources, speaks), speaks, cancellationToken);
        progress.Report(0.4);

        // :: Step 2
        var learned = new NewItemWeights(set.TrainedCount, 0f, weights);
        if (Quality(known, learned, cold, cancellationToken) <= Quality(known, null, cold, cancellationToken))
            return null;
        progress.Report(0.6);

        // :: Step 3
        (float level, float spread) = new NewItemLevel(set, embedder).Find(KeptSources.Borrow(sources, known, new NewItemWeights(set.TrainedCount, 1f, weights)), MostUsers, progress, cancellationToken);
        return new NewItemWeights(set.TrainedCount, level, Array.ConvertAll(weights, weight => weight * spread));
    }

    private static bool TellsApart(float[] scores)
    {
        foreach (float score in scores)
        {
            if (score != scores[0])
                return true;
        }

        return false;
    }

    private double Quality(IReadOnlyList<(int Events, IReadOnlyDictionary<string, float> Weights)> known, NewItemWeights? newItems, Scenario cold, CancellationToken cancellationToken)
    {
        var scorer = new FusedScorer(KeptSources.Borrow(sources, known, newItems), new FusionOptions { DenseItems = int.MaxValue });
        return judge.Ndcg10(new FusedRanking("new items", scorer, embedder, set.Plan.Contexts, set.Plan.UserFeatures), cold, cancellationToken);
    }
}
