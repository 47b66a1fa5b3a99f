using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class ClusterProfileRecipe(ClusterModels models) : EntrantRecipe
{
    private static readonly ClusterChoice Default = new(32, 10, 200, 0.6, 1);

    public override string Name => "cluster_profile_ials";

    public override string HyperparametersName => "cluster_ials";

    public override string Description => "clusters of users, weighed by context and clicks";

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        AlsOptions foundation = models.Foundation(inputs, hyperparameters);
        (ClusterChoice unseen, ClusterChoice few) = hyperparameters is null
            ? Tune(inputs, foundation, progress, cancellationToken)
            : (Read(hyperparameters.Part("n0")), Read(hyperparameters.Part("few")));
        ClusterBayes fewModel = models.Fit(inputs, foundation, few, cancellationToken);
        return new Entrant(Name)
        {
            UnseenUser = models.Fit(inputs, foundation, unseen, cancellationToken),
            FewShots = fewModel,
            Warm = fewModel,
            Hyperparameters = new JsonObject { ["n0"] = Write(unseen), ["few"] = Write(few), [AlsRecipe.FoundationName] = AlsRecipe.WriteOptions(foundation) },
        };
    }

    internal static JsonObject Write(ClusterChoice choice) => new()
    {
        ["K"] = choice.Clusters, ["m"] = choice.Smoothing, ["mq"] = choice.LikelihoodSmoothing, ["tau"] = choice.ClickWeight, ["wc"] = choice.ContextWeight,
    };

    internal static ClusterChoice Read(JsonObject json) =>
        new(json.Integer("K"), json.Number("m", 50), json.Number("mq", 200), json.Number("tau", 0.5), json.Number("wc", 1));

    private (ClusterChoice Unseen, ClusterChoice Few) Tune(EvaluationInputs inputs, AlsOptions foundation, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var scenarios = new TuningScenarios(inputs);
        Scenario[] few = [.. scenarios.Few.Where(scenario => scenario.Name is "few_3" or "few_10")];
        var bestUnseen = new Choice<ClusterChoice>();
        var bestFew = new Choice<ClusterChoice>();
        int[] counts = [8, 16, 32, 64, 128];
        for (int i = 0; i < counts.Length; i++)
        {
            foreach (double smoothing in (double[])[10, 50])
            {
                foreach (double likelihood in (double[])[200, 2_000])
                {
                    foreach (double weight in scenarios.UnseenUser is null ? [] : (double[])[0.5, 1])
                        Offer(bestUnseen, new ClusterChoice(counts[i], smoothing, likelihood, 0.5, weight), scenarios.UnseenUser!);
                    foreach (double clicks in few.Length == 0 ? [] : (double[])[0.3, 0.6, 1])
                        Offer(bestFew, new ClusterChoice(counts[i], smoothing, likelihood, clicks, 1), few);
                }
            }

            progress.Report((i + 1.0) / counts.Length);
        }

        return (bestUnseen.Best ?? Default, bestFew.Best ?? Default);

        void Offer(Choice<ClusterChoice> best, ClusterChoice choice, params Scenario[] on) =>
            best.Offer(scenarios.Mean(models.Fit(inputs, foundation, choice, cancellationToken), on, cancellationToken), choice);
    }
}
