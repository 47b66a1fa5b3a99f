using System.Text.Json.Nodes;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class SequenceKnnRecipe : SearchedRecipe<SequenceKnnOptions>
{
    public override string Name => "sequence_knn";

    public override string Description => "item neighbours by distance in sequences and by baskets";

    protected override int Rounds => 1;

    protected override SequenceKnnOptions FewStart => new() { SetWeight = 1, Neighbours = 400, Alpha = 0.7, HalfDistance = 3, HalfLife = 5 };

    protected override SequenceKnnOptions WarmStart => new() { SetWeight = 0.2, Neighbours = 100, Alpha = 0.5, HalfDistance = 3, HalfLife = 50 };

    protected override IReadOnlyList<Func<SequenceKnnOptions, IEnumerable<SequenceKnnOptions>>> Axes(EvaluationInputs inputs)
    {
        List<Func<SequenceKnnOptions, IEnumerable<SequenceKnnOptions>>> axes =
        [
            static point => ((double[])[2, 5, 15, 50, double.PositiveInfinity]).Select(value => point with { HalfLife = value }),
            static point => ((int[])[100, 400, 5000]).Select(value => point with { Neighbours = value }),
            static point => ((double[])[0.5, 0.7, 0.9]).Select(value => point with { Alpha = value }),
            static point => ((double[])[0.05, 0.2, 1]).Select(value => point with { SetWeight = value }),
            static point => ((double[])[1, 3, 10]).Select(value => point with { HalfDistance = value }),
            static point => ((double[])[0.3, 1]).Select(value => point with { Backward = value }),
            static point => ((double[])[5, 20, 100]).Select(value => point with { Shrink = value }),
            static point => ((double[])[0.5, 0.7, 0.9]).Select(value => point with { Alpha = value }),
        ];
        if (inputs.Data.Events.Baskets.Length > 0)
            axes.Insert(3, static point => ((double[])[0, 0.5, 2]).Select(value => point with { BasketWeight = value }));
        return axes;
    }

    protected override Func<SequenceKnnOptions, RankingModel> Fits(EvaluationInputs inputs)
    {
        RowLists? baskets = inputs.Data.Events.Baskets.IsEmpty ? null : BasketLists.Of(TrainingEventsBuilder.Build(inputs.Split, inputs.Data.Events));
        return new SequenceFits(inputs.Split.Training, inputs.Split.Items.TrainingCount, baskets).Fit;
    }

    protected override JsonObject Write(SequenceKnnOptions options) => new()
    {
        ["set_weight"] = options.SetWeight,
        ["half_distance"] = options.HalfDistance,
        ["backward"] = options.Backward,
        ["basket_weight"] = options.BasketWeight,
        ["alpha"] = options.Alpha,
        ["shrink"] = options.Shrink,
        ["k"] = options.Neighbours,
        ["half_life"] = options.HalfLife.Finite(),
    };

    protected override SequenceKnnOptions Read(JsonObject json) => new()
    {
        SetWeight = json.Number("set_weight"),
        HalfDistance = json.Number("half_distance"),
        Backward = json.Number("backward"),
        BasketWeight = json.Number("basket_weight"),
        Alpha = json.Number("alpha"),
        Shrink = json.Number("shrink"),
        Neighbours = json.Integer("k"),
        HalfLife = json.Number("half_life", double.PositiveInfinity),
    };
}
