using Inference.Recommendations.Fusion;
using Inference.Training.Evaluation;
using Inference.Training.Linear;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.Fused;

/// <summary>Sources that go from items of the history to others: EASE, item neighbours, pair rules, sequences and baskets, content. Lists are cut and rounded as they will be served.</summary>
internal sealed class NeighbourSources(TrainingSet set, Judge judge)
{
    /// <summary>Weights kept of a matrix: 12 MB of file, however many items share them.</summary>
    private const int KeptWeights = 2_000_000;

    private const int ShortestList = 100;

    /// <summary>What a step into the past is multiplied with where the latest items count most.</summary>
    private const float Fading = 0.8f;

    /// <summary>The same for long histories.</summary>
    private const float SlowFading = 0.96f;

    private const double LargeRidge = 800;

    private static readonly double[] Ridges = [200, 800, 3_200, 12_800];

    public IEnumerable<ScoreSource> All(IProgress<double> progress, CancellationToken cancellationToken)
    {
        int items = set.TrainedCount;
        SparseGram gram = SparseGram.Of(set.Split.Training, items);
        (double few, double warm) = ChooseRidges(gram, progress, cancellationToken);
        WeightedLists ease = Lists(Ease.Fit(gram, few, cancellationToken: cancellationToken).Weights);
        yield return new NeighbourSource("ease", ease);
        yield return new NeighbourSource("ease_fading", ease, Fading);
        WeightedLists easeWarm = warm == few ? ease : Lists(Ease.Fit(gram, warm, cancellationToken: cancellationToken).Weights);
        yield return new NeighbourSource("ease_warm", easeWarm, SlowFading, latest: 50);
        progress.Report(0.7);
        yield return new NeighbourSource("item_knn", Lists(ItemKnn.Fit(gram, new ItemKnnOptions(400, 20, 0.5)).Weights), latest: 50);
        yield return new NeighbourSource("item_knn_broad", Lists(ItemKnn.Fit(gram, new ItemKnnOptions(400, 20, 0.7)).Weights));
        WeightedLists rules = Lists(PairRules.Fit(gram, new PairRulesOptions(3, PairRuleMode.ConfidenceLift)).Weights);
        yield return new NeighbourSource("rules", rules, weights: NeighbourWeights.ConfidenceLift);
        yield return new NeighbourSource("rules_fading", rules, Fading, weights: NeighbourWeights.ConfidenceLift);
        progress.Report(0.8);
        RowLists? baskets = BasketLists.Of(set.Events);
        SequencePairs pairs = SequencePairs.Count(set.Split.Training, items, baskets, new SequenceKnnOptions());
        WeightedLists sequences = Lists(SequenceKnn.Fit(pairs, new SequenceKnnOptions { Alpha = 0.7 }).Weights);
        yield return new NeighbourSource("sequences", sequences, Fading);
        if (baskets is not null && items <= Ease.LargestDouble)
        {
            SparseGram together = SparseGram.Of(baskets, items);
            WeightedLists basketEase = Lists(Ease.Fit(together, few, cancellationToken: cancellationToken).Weights);
            yield return new NeighbourSource("basket_ease", basketEase);
            yield return new NeighbourSource("basket_ease_fading", basketEase, Fading);
        }

        progress.Report(0.95);
        if (set.Plan.Traits.TermCount > 0)
            yield return new NeighbourSource("content", ContentLists.Of(set.Plan.Traits), latest: 50);
        progress.Report(1);
    }

    /// <summary>λ by the validation part: for the first clicks, and for long histories of which the latest fifty count.</summary>
    private (double Few, double Warm) ChooseRidges(SparseGram gram, IProgress<double> progress, CancellationToken cancellationToken)
    {
        // A large matrix takes a minute or more to invert, and what it is made of hardly asks for another λ.
        if (gram.Items > Ease.LargestDouble)
            return (LargeRidge, LargeRidge);
        Scenario[] few = [.. FewShotUsers.Shots.Where(shots => shots > 0).Select(shots => Scenarios.FewShots(set.Split, EvaluationPart.Validation, shots, mostUsers: Scenarios.MostUsersOfFewShotTuning)).Where(scenario => scenario.Users.Count > 0)];
        Scenario warm = Scenarios.WarmUsers(set.Split, EvaluationPart.Validation, null, Scenarios.MostUsersOfWarmTuning);
        (double Ridge, double Quality) bestFew = (800, double.NegativeInfinity), bestWarm = (800, double.NegativeInfinity);
        for (int i = 0; i < Ridges.Length; i++)
        {
            Ease ease = Ease.Fit(gram, Ridges[i], fast: true, cancellationToken: cancellationToken);
            if (few.Length > 0 && few.Average(scenario => judge.Ndcg10(ease, scenario, cancellationToken)) is var quality && quality > bestFew.Quality)
                bestFew = (Ridges[i], quality);
            if (warm.Users.Count > 0 && judge.Ndcg10(new RecentHistory(ease, 50), warm, cancellationToken) is var warmQuality && warmQuality > bestWarm.Quality)
                bestWarm = (Ridges[i], warmQuality);
            progress.Report(0.6 * (i + 1) / Ridges.Length);
        }

        return (bestFew.Ridge, bestWarm.Ridge);
    }

    /// <summary>The strongest weights of a matrix over the training catalogue, as lists over all items.</summary>
    private WeightedLists Lists(ItemItemMatrix weights)
    {
        NeighbourLists lists = weights.TopLists(Math.Max(ShortestList, KeptWeights / Math.Max(1, set.TrainedCount)));
        int[] offsets = new int[set.ItemCount + 1];
        lists.Offsets.CopyTo(offsets, 0);
        Array.Fill(offsets, lists.Offsets[^1], lists.Offsets.Length, offsets.Length - lists.Offsets.Length);
        return new WeightedLists(offsets, lists.Items, lists.Weights, set.ItemCount).RoundedToHalf();
    }
}
