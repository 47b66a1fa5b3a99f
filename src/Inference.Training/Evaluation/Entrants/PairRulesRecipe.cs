using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class PairRulesRecipe(GramCache grams) : TunedRecipe<PairRulesOptions>
{
    private static readonly Dictionary<string, PairRuleMode> Modes = new(StringComparer.Ordinal)
    {
        ["sumconf"] = PairRuleMode.SumConfidence, ["maxconf"] = PairRuleMode.MaxConfidence, ["conflift"] = PairRuleMode.ConfidenceLift, ["sumloglift"] = PairRuleMode.SumLogLift,
    };

    public override string Name => "rules";

    public override string Description => "association rules between two items";

    protected override IReadOnlyList<PairRulesOptions> Grid(EvaluationInputs inputs) =>
    [
        .. from support in (int[])[3, 8, 20]
           from mode in (PairRuleMode[])[PairRuleMode.SumConfidence, PairRuleMode.MaxConfidence, PairRuleMode.ConfidenceLift]
           select new PairRulesOptions(support, mode),
    ];

    protected override RankingModel Fit(EvaluationInputs inputs, PairRulesOptions options, bool isFinal, CancellationToken cancellationToken) => PairRules.Fit(grams.Of(inputs.Split), options);

    protected override JsonObject Write(PairRulesOptions options) => new() { ["minsup"] = options.MinimumSupport, ["mode"] = Modes.Single(pair => pair.Value == options.Mode).Key };

    protected override PairRulesOptions Read(EvaluationInputs inputs, JsonObject json) => new(
        json.Integer("minsup"),
        Modes.TryGetValue(json.Word("mode"), out PairRuleMode mode) ? mode : throw new InvalidDataException($"The hyper-parameters of rules know no mode '{json.Word("mode")}', only {string.Join(", ", Modes.Keys)}."));
}
