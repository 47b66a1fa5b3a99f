using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>A model with nothing to choose.</summary>
internal sealed class FixedRecipe(string name, string description, Func<EvaluationInputs, RankingModel> fit) : EntrantRecipe
{
    public override string Name => name;

    public override string Description => description;

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken) => Entrant.Of(fit(inputs));
}
