using Inference.Training.Linear;

namespace Inference.Training.Models.Tuning;

/// <summary>Tunes the models that rest on pairs of items. They share one <see cref="SparseGram"/>.</summary>
public static class ItemModelTuning
{
    private static readonly double[] Ridges = [100, 400, 1600, 3200, 6400, 12_800, 51_200];

    private static readonly ItemKnnOptions[] Neighbours =
    [
        new(100, 100, 0.3), new(100, 20, 0.5), new(400, 20, 0.5), new(400, 20, 0.7), new(800, 20, 0.5),
        new(5000, 20, 0.5), new(5000, 20, 0.7), new(5000, 100, 0.8), new(5000, 0, 0.9), new(5000, 0, 1),
    ];

    private static readonly PairRulesOptions[] Rules =
    [
        .. from support in (int[])[3, 8, 20]
           from mode in (PairRuleMode[])[PairRuleMode.SumConfidence, PairRuleMode.MaxConfidence, PairRuleMode.ConfidenceLift]
           select new PairRulesOptions(support, mode),
    ];

    /// <summary>λ of <see cref="Models.Ease"/>; beyond the closed form only some values are tried, for each fit takes long.</summary>
    public static TunedModel Ease(TuningGoals goals, SparseGram gram, CancellationToken cancellationToken = default) => GridSearch.Run(
        "ease",
        goals,
        gram.Items > Models.Ease.LargestClosedForm ? [400, 6400] : Ridges,
        ridge => Models.Ease.Fit(gram, ridge, fast: true, cancellationToken),
        static ridge => new Dictionary<string, object?> { ["lam"] = ridge },
        gram.Items > Models.Ease.LargestDouble ? null : ridge => Models.Ease.Fit(gram, ridge, fast: false, cancellationToken));

    /// <summary>Neighbours, shrinkage and α of <see cref="Models.ItemKnn"/>.</summary>
    public static TunedModel ItemKnn(TuningGoals goals, SparseGram gram) => GridSearch.Run(
        "itemknn",
        goals,
        Neighbours,
        options => Models.ItemKnn.Fit(gram, options),
        static options => new Dictionary<string, object?> { ["k"] = options.Neighbours, ["shrink"] = options.Shrink, ["alpha"] = options.Alpha });

    /// <summary>Support and mode of <see cref="Models.PairRules"/>.</summary>
    public static TunedModel PairRules(TuningGoals goals, SparseGram gram) => GridSearch.Run(
        "rules",
        goals,
        Rules,
        options => Models.PairRules.Fit(gram, options),
        static options => new Dictionary<string, object?> { ["minsup"] = options.MinimumSupport, ["mode"] = NameOf(options.Mode) });

    private static string NameOf(PairRuleMode mode) => mode switch
    {
        PairRuleMode.SumConfidence => "sumconf",
        PairRuleMode.MaxConfidence => "maxconf",
        PairRuleMode.ConfidenceLift => "conflift",
        _ => "sumloglift",
    };
}
