using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class AlsRecipe(AlsCache fits) : TunedRecipe<AlsOptions>
{
    /// <summary>What models that rest on a fit call it in their hyper-parameters.</summary>
    public const string FoundationName = "als";

    public override string Name => "ials";

    public override string Description => "implicit ALS, users folded in";

    protected override IReadOnlyList<AlsOptions> Grid(EvaluationInputs inputs)
    {
        (double Ridge, double Unseen)[] grid = [(0.003, 0.3), (0.003, 1), (0.01, 0.3), (0.01, 1), (0.03, 0.1), (0.03, 0.3), (0.001, 3)];
        return [.. grid.Select(one => new AlsOptions { Ridge = one.Ridge, UnseenWeight = one.Unseen, Seed = inputs.Seed })];
    }

    protected override RankingModel Fit(EvaluationInputs inputs, AlsOptions options, bool isFinal, CancellationToken cancellationToken) => fits.Of(inputs.Split, options, cancellationToken);

    protected override void OnChosen(AlsOptions warm) => fits.Chosen = warm;

    protected override JsonObject Write(AlsOptions options) => WriteOptions(options);

    protected override AlsOptions Read(EvaluationInputs inputs, JsonObject json) => ReadOptions(inputs, json);

    internal static JsonObject WriteOptions(AlsOptions options) => new() { ["dim"] = options.Dimension, ["lam"] = options.Ridge, ["a0"] = options.UnseenWeight };

    internal static AlsOptions ReadOptions(EvaluationInputs inputs, JsonObject json) =>
        new() { Dimension = json.Integer("dim", 64), Ridge = json.Number("lam"), UnseenWeight = json.Number("a0"), Seed = inputs.Seed };
}
