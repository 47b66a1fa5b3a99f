using System.Globalization;
using System.Text.Json.Nodes;
using Inference.Training.Models;

namespace Inference.Training.Evaluation.Entrants;

/// <summary>A model of content with one number to choose, by how it ranks the cold items of the validation part.</summary>
/// <param name="name">Its name.</param>
/// <param name="description">One line for people.</param>
/// <param name="parameter">What the number is called.</param>
/// <param name="values">What is tried.</param>
/// <param name="fits">Fits it with a number, on the fit of implicit ALS that it rests on; that is null where it rests on none.</param>
/// <param name="factors">The fits that it rests on; null for none.</param>
/// <param name="mostTerms">Terms up to which it can be fitted.</param>
internal sealed class ContentRecipe(
    string name, string description, string parameter, double[] values, Func<EvaluationInputs, ImplicitAls?, Func<double, RankingModel>> fits, AlsCache? factors = null, int mostTerms = int.MaxValue) : EntrantRecipe
{
    private const int MostUsers = 800;

    public override string Name => name;

    public override string Description => description;

    public override string? WhyNot(EvaluationInputs inputs) => inputs.Features.Traits.TermCount switch
    {
        0 => "nothing is known of items but their ids",
        int terms when terms > mostTerms => string.Create(CultureInfo.InvariantCulture, $"items have {terms} terms, and its equations are solved for {mostTerms} at most"),
        _ => null,
    };

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
    {
        AlsOptions? foundation = factors?.Foundation(inputs, hyperparameters);
        Func<double, RankingModel> fit = fits(inputs, foundation is null ? null : factors!.Of(inputs.Split, foundation, cancellationToken));
        double value = hyperparameters?.Number(parameter) ?? Tune(inputs, fit, cancellationToken);
        var written = new JsonObject { [parameter] = value };
        if (foundation is not null)
            written[AlsRecipe.FoundationName] = AlsRecipe.WriteOptions(foundation);
        return Entrant.Of(fit(value)) with { UnseenUser = null, Hyperparameters = written };
    }

    private double Tune(EvaluationInputs inputs, Func<double, RankingModel> fit, CancellationToken cancellationToken)
    {
        if (inputs.Split.Items.ColdValidation.GetOffsetAndLength(inputs.Split.Items.Count).Length == 0)
            return values[values.Length / 2];
        Scenario scenario = Scenarios.UnseenItems(inputs.Split, EvaluationPart.Validation, inputs.Contexts, mostUsers: MostUsers);
        return scenario.Users.Count == 0 ? values[values.Length / 2] : values.MaxBy(value => inputs.Judge.Ndcg10(fit(value), scenario, cancellationToken));
    }
}
