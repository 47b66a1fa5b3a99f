using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class ItemKnnRecipe(GramCache grams) : TunedRecipe<ItemKnnOptions>
{
    public override string Name => "itemknn";

    public override string Description => "item neighbours by shared users";

    protected override IReadOnlyList<ItemKnnOptions> Grid(EvaluationInputs inputs) =>
    [
        new(100, 100, 0.3), new(100, 20, 0.5), new(400, 20, 0.5), new(400, 20, 0.7), new(800, 20, 0.5), new(5_000, 20, 0.5), new(5_000, 20, 0.7), new(5_000, 100, 0.8), new(5_000, 0, 0.9), new(5_000, 0, 1),
    ];

    protected override RankingModel Fit(EvaluationInputs inputs, ItemKnnOptions options, bool isFinal, CancellationToken cancellationToken) => ItemKnn.Fit(grams.Of(inputs.Split), options);

    protected override JsonObject Write(ItemKnnOptions options) => new() { ["k"] = options.Neighbours, ["shrink"] = options.Shrink, ["alpha"] = options.Alpha };

    protected override ItemKnnOptions Read(EvaluationInputs inputs, JsonObject json) => new(json.Integer("k"), json.Number("shrink"), json.Number("alpha"));
}
