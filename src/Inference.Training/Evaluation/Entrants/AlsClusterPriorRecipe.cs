using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class AlsClusterPriorRecipe(ClusterModels models, ClusterProfileRecipe clusters) : EntrantRecipe
{
    public override string Name => "ials_cluster_prior";

    public override string Description => "implicit ALS, users folded in with their cluster as the prior";

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        AlsOptions foundation = models.Foundation(inputs, hyperparameters);
        ClusterChoice choice;
        double precision;
        if (hyperparameters is null)
        {
            choice = ClusterProfileRecipe.Read(clusters.Make(inputs, null, progress, cancellationToken).Hyperparameters!.Part("few"));
            precision = Tune(inputs, foundation, choice, cancellationToken);
        }
        else
        {
            choice = ClusterProfileRecipe.Read(hyperparameters);
            precision = hyperparameters.Number("prior_precision");
        }

        JsonObject written = ClusterProfileRecipe.Write(choice);
        written["prior_precision"] = precision;
        written[AlsRecipe.FoundationName] = AlsRecipe.WriteOptions(foundation);
        return Entrant.Of(Fit(inputs, foundation, choice, precision, cancellationToken)) with { Name = Name, Hyperparameters = written };
    }

    private AlsClusterPrior Fit(EvaluationInputs inputs, AlsOptions foundation, ClusterChoice choice, double precision, CancellationToken cancellationToken) => new(
        models.Als(inputs, foundation, cancellationToken), models.Fit(inputs, foundation, choice, cancellationToken), models.Clusters(inputs, foundation, choice.Clusters, cancellationToken).Assignment, precision);

    private double Tune(EvaluationInputs inputs, AlsOptions foundation, ClusterChoice choice, CancellationToken cancellationToken)
    {
        double[] grid = [1, 3, 10, 30, 100, 300];
        var scenarios = new TuningScenarios(inputs);
        Scenario[] few = [.. scenarios.Few.Where(scenario => scenario.Name is "few_1" or "few_3" or "few_10")];
        return few.Length == 0 ? 10 : grid.MaxBy(precision => scenarios.Mean(Fit(inputs, foundation, choice, precision, cancellationToken), few, cancellationToken));
    }
}
