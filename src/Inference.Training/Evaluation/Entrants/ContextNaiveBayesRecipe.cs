using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class ContextNaiveBayesRecipe : EntrantRecipe
{
    private sealed record Options(double Smoothing, double Weight);

    public override string Name => "context_naive_bayes";

    public override string Description => "popularity, lifted by each context property";

    public override string? WhyNot(EvaluationInputs inputs) => inputs.HasContexts ? null : "nothing is known of users beside their events";

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        Options options = hyperparameters is null ? Tune(inputs, progress, cancellationToken) : new Options(hyperparameters.Number("m"), hyperparameters.Number("w"));
        return Entrant.Of(ContextNaiveBayes.Fit(inputs.Split, inputs.Contexts, options.Smoothing, options.Weight)) with
        {
            Hyperparameters = new JsonObject { ["m"] = options.Smoothing, ["w"] = options.Weight },
        };
    }

    private static Options Tune(EvaluationInputs inputs, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var scenarios = new TuningScenarios(inputs);
        var best = new Choice<Options>();
        double[] smoothings = [20, 50, 200, 500];
        for (int i = 0; i < smoothings.Length; i++)
        {
            foreach (double weight in (double[])[0.3, 0.6, 1.0])
            {
                if ((scenarios.UnseenUser ?? scenarios.Warm) is { } scenario)
                    best.Offer(scenarios.Ndcg10(ContextNaiveBayes.Fit(inputs.Split, inputs.Contexts, smoothings[i], weight), scenario, cancellationToken), new Options(smoothings[i], weight));
            }

            progress.Report((i + 1.0) / smoothings.Length);
        }

        return best.Best ?? new Options(20, 0.3);
    }
}
