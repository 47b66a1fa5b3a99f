using System.Text.Json.Nodes;
using Inference.Training.Models;
using Inference.Training.Splits;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>Fits of implicit ALS, for the models that rest on one. For one thread.</summary>
internal sealed class AlsCache
{
    private readonly Dictionary<AlsOptions, ImplicitAls> _fits = [];
    private ColdSplit? _split;

    /// <summary>What was chosen for training users; null where nobody has chosen yet.</summary>
    public AlsOptions? Chosen { get; set; }

    public ImplicitAls Of(ColdSplit split, AlsOptions options, CancellationToken cancellationToken)
    {
        if (_split != split)
            _fits.Clear();
        _split = split;
        if (!_fits.TryGetValue(options, out ImplicitAls? fit))
            _fits[options] = fit = ImplicitAls.Fit(split.Training, split.Items.TrainingCount, options, cancellationToken: cancellationToken);
        return fit;
    }

    /// <summary>The fit that others rest on: the one that their hyper-parameters name, else the chosen one, else that of the defaults.</summary>
    /// <param name="inputs">The data.</param>
    /// <param name="hyperparameters">What was given; null for nothing.</param>
    public AlsOptions Foundation(EvaluationInputs inputs, JsonObject? hyperparameters) =>
        hyperparameters?[AlsRecipe.FoundationName] is JsonObject named ? AlsRecipe.ReadOptions(inputs, named) : Chosen ?? new AlsOptions { Seed = inputs.Seed };
}
