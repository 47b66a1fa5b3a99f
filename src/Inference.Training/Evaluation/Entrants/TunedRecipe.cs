using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>
/// A model of histories, tuned apart for users with few events and for those of training.
/// <list type="number">
/// <item>Few shots: the mean NDCG@10 over 1, 3, 5 and 10 shots; what does not change by <see cref="LeastGain"/> between the first and the last has learnt nothing from them and stands back.</item>
/// <item>Warm: NDCG@10 of a sample of users, with histories cut to their latest 10, 20, 50 or not at all.</item>
/// </list>
/// </summary>
internal abstract class TunedRecipe<TOptions> : EntrantRecipe
    where TOptions : class
{
    private const double LeastGain = 0.005;
    private static readonly int?[] Cuts = [10, 20, 50, null];

    protected abstract IReadOnlyList<TOptions> Grid(EvaluationInputs inputs);

    /// <param name="isFinal">Whether it is judged, and not only tried.</param>
    protected abstract RankingModel Fit(EvaluationInputs inputs, TOptions options, bool isFinal, CancellationToken cancellationToken);

    /// <summary>Told what training users get, before it is fitted.</summary>
    protected virtual void OnChosen(TOptions warm)
    {
    }

    protected abstract JsonObject Write(TOptions options);

    /// <exception cref="InvalidDataException">Something is missing.</exception>
    protected abstract TOptions Read(EvaluationInputs inputs, JsonObject json);

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        (TOptions few, TOptions warm, int? last) = hyperparameters is null
            ? Tune(inputs, progress, cancellationToken)
            : (Read(inputs, hyperparameters.Part("few")), Read(inputs, hyperparameters.Part("warm")), hyperparameters.OptionalInteger("warm_last"));
        OnChosen(warm);
        RankingModel fewModel = Fit(inputs, few, isFinal: true, cancellationToken);
        RankingModel warmModel = few.Equals(warm) ? fewModel : Fit(inputs, warm, isFinal: true, cancellationToken);
        progress.Report(1);
        return new Entrant(Name)
        {
            FewShots = fewModel,
            Warm = RecentHistory.Of(warmModel, last),
            Hyperparameters = new JsonObject { ["few"] = Write(few), ["warm"] = Write(warm), ["warm_last"] = last },
        };
    }

    private (TOptions Few, TOptions Warm, int? Last) Tune(EvaluationInputs inputs, IProgress<double> progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<TOptions> grid = Grid(inputs);
        var scenarios = new TuningScenarios(inputs);
        var few = new Choice<TOptions>();
        var anyFew = new Choice<TOptions>();
        var warm = new Choice<Tuple<TOptions, int?>>();
        for (int i = 0; i < grid.Count; i++)
        {
            TOptions options = grid[i];
            cancellationToken.ThrowIfCancellationRequested();
            RankingModel model = Fit(inputs, options, isFinal: false, cancellationToken);
            if (scenarios.Few.Count > 0)
            {
                double[] scores = [.. scenarios.Few.Select(scenario => scenarios.Ndcg10(model, scenario, cancellationToken))];
                anyFew.Offer(scores.Average(), options);
                if (Math.Abs(scores[0] - scores[^1]) > LeastGain)
                    few.Offer(scores.Average(), options);
            }

            foreach (int? cut in scenarios.Warm is null ? [] : Cuts)
                warm.Offer(scenarios.Ndcg10(RecentHistory.Of(model, cut), scenarios.Warm!, cancellationToken), Tuple.Create(options, cut));
            progress.Report((i + 1.0) / (grid.Count + 1));
        }

        // Where the validation part has no users of a kind, the other kind, or else the first of the grid, has to do.
        TOptions bestFew = few.Best ?? anyFew.Best ?? warm.Best?.Item1 ?? grid[0];
        return (bestFew, warm.Best?.Item1 ?? bestFew, warm.Best?.Item2);
    }
}
