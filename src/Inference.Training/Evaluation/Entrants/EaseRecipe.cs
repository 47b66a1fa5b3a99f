using System.Text.Json.Nodes;
using Inference.Training.Linear;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class EaseRecipe(GramCache grams) : TunedRecipe<EaseRecipe.Options>
{
    public sealed record Options(double Ridge);

    public override string Name => "ease";

    public override string Description => "EASE: linear item-item weights in closed form";

    protected override IReadOnlyList<Options> Grid(EvaluationInputs inputs) => [new(100), new(400), new(1_600), new(3_200), new(6_400), new(12_800), new(51_200)];

    protected override RankingModel Fit(EvaluationInputs inputs, Options options, bool isFinal, CancellationToken cancellationToken) =>
        Ease.Fit(grams.Of(inputs.Split), options.Ridge, fast: !isFinal, cancellationToken);

    protected override JsonObject Write(Options options) => new() { ["lam"] = options.Ridge };

    protected override Options Read(EvaluationInputs inputs, JsonObject json) => new(json.Number("lam"));
}
