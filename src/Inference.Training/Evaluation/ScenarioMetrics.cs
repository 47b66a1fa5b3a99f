namespace Inference.Training.Evaluation;

/// <summary>How good a model is in a scenario; means over users where nothing else is said. Definitions: protocol "coldsplit-v1".</summary>
public sealed record ScenarioMetrics
{
    /// <summary>Users that were asked for.</summary>
    public required int Users { get; init; }

    /// <summary>Users that were left out, for they have no target.</summary>
    public required int Skipped { get; init; }

    /// <summary>Discounted gain of the targets in the first ten, as a share of the best that is possible (Järvelin and Kekäläinen, 2002).</summary>
    public required double Ndcg10 { get; init; }

    /// <summary>The 95 % interval of <see cref="Ndcg10"/>: percentile bootstrap over users, 1,000 resamples.</summary>
    public required (double Low, double High) Ndcg10Interval { get; init; }

    /// <summary>Targets in the first ten, as a share of the lesser of 10 and all targets (Liang et al., 2018).</summary>
    public required double Recall10 { get; init; }

    /// <summary>Targets in the first ten, as a share of all targets.</summary>
    public required double RecallAll10 { get; init; }

    /// <summary>As <see cref="Recall10"/>, of the first fifty.</summary>
    public required double Recall50 { get; init; }

    /// <summary>As <see cref="RecallAll10"/>, of the first fifty.</summary>
    public required double RecallAll50 { get; init; }

    /// <summary>Share of users with a target in the first ten.</summary>
    public required double Hit10 { get; init; }

    /// <summary>1 ∕ rank of the first target in the full ranking.</summary>
    public required double Mrr { get; init; }

    /// <summary>Distinct items in all first tens, as a share of the candidates.</summary>
    public required double Coverage10 { get; init; }

    /// <summary>Gini coefficient of how often each candidate is in a first ten: 0 for all alike, near 1 for few items only.</summary>
    public required double Gini10 { get; init; }

    /// <summary>Mean of −log₂ of the share of training users that have an item, over the places of all first tens; an item without users counts as one with one.</summary>
    public required double Novelty10 { get; init; }

    /// <summary>Intra-list diversity: mean of 1 − cosine of content over the pairs of a first ten (Ziegler et al., 2005).</summary>
    public required double Ild10 { get; init; }

    /// <summary>All single numbers with the names that results files use, in their order.</summary>
    public IReadOnlyList<(string Name, double Value)> Named() =>
    [
        ("ndcg@10", Ndcg10), ("recall@10", Recall10), ("recall_all@10", RecallAll10), ("recall@50", Recall50), ("recall_all@50", RecallAll50), ("hit@10", Hit10), ("mrr", Mrr),
        ("coverage@10", Coverage10), ("gini@10", Gini10), ("novelty@10", Novelty10), ("ild@10", Ild10),
    ];
}
