using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

internal sealed class ContextPopularityRecipe : EntrantRecipe
{
    /// <summary>More context properties than this are not combined with each other.</summary>
    private const int MostCombined = 5;

    private sealed record Options(int[] Fields, double Smoothing);

    public override string Name => "popularity_demographic";

    public override string Description => "popularity among users of the same context";

    public override string? WhyNot(EvaluationInputs inputs) => inputs.HasContexts ? null : "nothing is known of users beside their events";

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        int fields = inputs.Contexts.Fields.Count;
        Options options = hyperparameters is null ? Tune(inputs, progress, cancellationToken) : new Options(hyperparameters.Integers("columns"), hyperparameters.Number("m"));
        if (options.Fields.Any(field => field < 0 || field >= fields))
            throw new InvalidDataException($"The hyper-parameters of {Name} name columns that are not there; there are 0 to {fields - 1}.");
        return Entrant.Of(ContextPopularity.Fit(inputs.Split, inputs.Contexts, options.Fields, options.Smoothing)) with
        {
            Hyperparameters = new JsonObject { ["columns"] = new JsonArray([.. options.Fields.Select(field => JsonValue.Create(field))]), ["m"] = options.Smoothing },
        };
    }

    private static Options Tune(EvaluationInputs inputs, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var scenarios = new TuningScenarios(inputs);
        var best = new Choice<Options>();
        int[][] subsets = [.. Subsets(inputs.Contexts.Fields.Count)];
        for (int i = 0; i < subsets.Length; i++)
        {
            foreach (double smoothing in (double[])[5, 20, 50, 200])
            {
                if ((scenarios.UnseenUser ?? scenarios.Warm) is { } scenario)
                    best.Offer(scenarios.Ndcg10(ContextPopularity.Fit(inputs.Split, inputs.Contexts, subsets[i], smoothing), scenario, cancellationToken), new Options(subsets[i], smoothing));
            }

            progress.Report((i + 1.0) / subsets.Length);
        }

        return best.Best ?? new Options([0], 20);
    }

    /// <summary>Single properties first, then pairs, and so on.</summary>
    private static IEnumerable<int[]> Subsets(int fields)
    {
        if (fields > MostCombined)
            return Enumerable.Range(0, fields).Select(field => (int[])[field]);
        return Enumerable.Range(1, (1 << fields) - 1)
            .Select(set => Enumerable.Range(0, fields).Where(field => (set >> field & 1) == 1).ToArray())
            .OrderBy(subset => subset.Length).ThenBy(subset => string.Join(' ', subset), StringComparer.Ordinal);
    }
}
