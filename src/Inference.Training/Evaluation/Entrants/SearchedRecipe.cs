using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>A model of histories with more parameters than a grid covers: searched parameter by parameter, apart for users with few events (mean over 1, 3, 5 and 10) and for those of training.</summary>
internal abstract class SearchedRecipe<TOptions> : EntrantRecipe
    where TOptions : class
{
    /// <summary>Where the search begins for users with few events, and what is taken where there are none to validate with.</summary>
    protected abstract TOptions FewStart { get; }

    protected abstract TOptions WarmStart { get; }

    protected abstract int Rounds { get; }

    protected abstract IReadOnlyList<Func<TOptions, IEnumerable<TOptions>>> Axes(EvaluationInputs inputs);

    /// <summary>Makes what fits one set of options after another.</summary>
    protected abstract Func<TOptions, RankingModel> Fits(EvaluationInputs inputs);

    protected abstract JsonObject Write(TOptions options);

    /// <exception cref="InvalidDataException">Something is missing.</exception>
    protected abstract TOptions Read(JsonObject json);

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        Func<TOptions, RankingModel> fit = Fits(inputs);
        (TOptions few, TOptions warm) = hyperparameters is null
            ? Search(inputs, fit, progress, cancellationToken)
            : (Read(hyperparameters.Part("few")), Read(hyperparameters.Part("warm")));
        progress.Report(1);
        return new Entrant(Name)
        {
            FewShots = fit(few),
            Warm = fit(warm),
            Hyperparameters = new JsonObject { ["few"] = Write(few), ["warm"] = Write(warm) },
        };
    }

    private (TOptions Few, TOptions Warm) Search(EvaluationInputs inputs, Func<TOptions, RankingModel> fit, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var scenarios = new TuningScenarios(inputs);
        IReadOnlyList<Func<TOptions, IEnumerable<TOptions>>> axes = Axes(inputs);
        TOptions few = scenarios.Few.Count == 0
            ? FewStart
            : CoordinateSearch.Run(FewStart, axes, point => scenarios.Mean(fit(point), scenarios.Few, cancellationToken), Rounds);
        progress.Report(0.5);
        TOptions warm = scenarios.Warm is null
            ? WarmStart
            : CoordinateSearch.Run(WarmStart, axes, point => scenarios.Ndcg10(fit(point), scenarios.Warm, cancellationToken), Rounds);
        return (few, warm);
    }
}
