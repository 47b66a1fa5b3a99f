using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class UserKnnRecipe : SearchedRecipe<UserKnnOptions>
{
    public override string Name => "userknn";

    public override string Description => "what the nearest training users have";

    protected override int Rounds => 2;

    protected override UserKnnOptions FewStart => new();

    protected override UserKnnOptions WarmStart => new() { HalfLife = 30 };

    protected override IReadOnlyList<Func<UserKnnOptions, IEnumerable<UserKnnOptions>>> Axes(EvaluationInputs inputs) =>
    [
        static point => ((int[])[50, 100, 200, 500]).Select(value => point with { Neighbours = value }),
        static point => ((double[])[1, 2, 3, 5, 10, 30, 100, double.PositiveInfinity]).Select(value => point with { HalfLife = value }),
        static point => ((double[])[0, 0.5, 1, 2]).Select(value => point with { RarityPower = value }),
        static point => ((double[])[0.25, 0.5, 0.75, 1]).Select(value => point with { LengthPower = value }),
        static point => ((double[])[30, 100, double.PositiveInfinity]).Select(value => point with { HalfDistance = value }),
    ];

    protected override Func<UserKnnOptions, RankingModel> Fits(EvaluationInputs inputs) =>
        new UserKnn(inputs.Split.Training, inputs.Split.Items.TrainingCount, new UserKnnOptions()).With;

    protected override JsonObject Write(UserKnnOptions options) => new()
    {
        ["k"] = options.Neighbours,
        ["half_life"] = options.HalfLife.Finite(),
        ["rarity_power"] = options.RarityPower,
        ["length_power"] = options.LengthPower,
        ["half_distance"] = options.HalfDistance.Finite(),
    };

    protected override UserKnnOptions Read(JsonObject json) => new()
    {
        Neighbours = json.Integer("k"),
        HalfLife = json.Number("half_life", double.PositiveInfinity),
        RarityPower = json.Number("rarity_power"),
        LengthPower = json.Number("length_power"),
        HalfDistance = json.Number("half_distance", double.PositiveInfinity),
    };
}
