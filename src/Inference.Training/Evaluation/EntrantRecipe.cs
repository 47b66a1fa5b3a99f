using System.Text.Json.Nodes;

namespace Inference.Training.Evaluation;

/// <summary>How an entrant comes to be: fitted on the training part, its hyper-parameters chosen on the validation part or given.</summary>
public abstract class EntrantRecipe
{
    /// <summary>Name of the entrant, and what `--models` calls it.</summary>
    public abstract string Name { get; }

    /// <summary>What a file of hyper-parameters may call it, too.</summary>
    public virtual string HyperparametersName => Name;

    /// <summary>One line for people.</summary>
    public abstract string Description { get; }

    /// <summary>Why the data cannot make it, for example "there are no user contexts"; null when it can.</summary>
    public virtual string? WhyNot(EvaluationInputs inputs) => null;

    /// <summary>Fits it.</summary>
    /// <param name="inputs">The data, and a judge to tune with.</param>
    /// <param name="hyperparameters">What to use instead of tuning, in the form of <see cref="Entrant.Hyperparameters"/>; null to tune.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="InvalidDataException">The hyper-parameters are not in that form; the message says what is missing.</exception>
    public abstract Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken);
}
