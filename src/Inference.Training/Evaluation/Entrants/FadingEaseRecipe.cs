using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class FadingEaseRecipe(GramCache grams) : SearchedRecipe<FadingEaseRecipe.Options>
{
    public sealed record Options(double Ridge, double HalfLife);

    public override string Name => "ease_fading";

    public override string Description => "EASE to which the latest events say most";

    protected override int Rounds => 2;

    protected override Options FewStart => new(6_400, double.PositiveInfinity);

    protected override Options WarmStart => new(400, double.PositiveInfinity);

    protected override IReadOnlyList<Func<Options, IEnumerable<Options>>> Axes(EvaluationInputs inputs) =>
    [
        static point => ((double[])[2, 5, 15, 50, 200, double.PositiveInfinity]).Select(value => point with { HalfLife = value }),
        static point => ((double[])[100, 400, 1_600, 6_400]).Select(value => point with { Ridge = value }),
    ];

    protected override Func<Options, RankingModel> Fits(EvaluationInputs inputs)
    {
        Ease? fitted = null;
        double ridge = 0;
        return options =>
        {
            if (fitted is null || ridge != options.Ridge)
                (fitted, ridge) = (Ease.Fit(grams.Of(inputs.Split), options.Ridge, fast: true), options.Ridge);
            return new FadingHistory("ease_fading", fitted.Weights, options.HalfLife);
        };
    }

    protected override JsonObject Write(Options options) => new() { ["lam"] = options.Ridge, ["half_life"] = options.HalfLife.Finite() };

    protected override Options Read(JsonObject json) => new(json.Number("lam"), json.Number("half_life", double.PositiveInfinity));
}
