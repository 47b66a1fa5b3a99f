using System.ComponentModel.DataAnnotations;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Inference.Recommendations.Decisions;
using Inference.Recommendations.Exploration;

namespace Inference.Training.OffPolicy;

/// <summary>A policy that a log is asked about, as it is written on the command line: NAME or NAME:parameter=value,parameter=value. Parameters that are not given have the server's defaults.</summary>
/// <param name="Settings">The policy with its parameters.</param>
public sealed record TargetPolicy(ChoiceSettings Settings)
{
    private static readonly (string Name, ExplorationPolicy[] Policies, Action<ExplorationOptions, double> Set, Func<ChoiceSettings, double> Get)[] Parameters =
    [
        ("epsilon", [ExplorationPolicy.EpsilonGreedy], static (options, value) => options.Epsilon = value, static settings => settings.Epsilon),
        ("temperature", [ExplorationPolicy.Softmax], static (options, value) => options.Temperature = value, static settings => settings.Temperature),
        ("confidence_width", [ExplorationPolicy.Ucb], static (options, value) => options.ConfidenceWidth = value, static settings => settings.ConfidenceWidth),
        ("prior_impressions", [ExplorationPolicy.Thompson, ExplorationPolicy.Ucb], static (options, value) => options.PriorImpressions = value, static settings => settings.PriorImpressions),
    ];

    /// <summary>With all its parameters, for example "softmax:temperature=0.2".</summary>
    public override string ToString()
    {
        string[] parameters = [.. Parameters.Where(parameter => parameter.Policies.Contains(Settings.Policy)).Select(parameter => string.Create(CultureInfo.InvariantCulture, $"{parameter.Name}={parameter.Get(Settings)}"))];
        return parameters.Length == 0 ? LogNames.Of(Settings.Policy) : $"{LogNames.Of(Settings.Policy)}:{string.Join(',', parameters)}";
    }

    /// <summary>Reads one.</summary>
    /// <param name="text">As above.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="problem">What is wrong with the text.</param>
    public static bool TryParse(string text, [NotNullWhen(true)] out TargetPolicy? policy, [NotNullWhen(false)] out string? problem)
    {
        policy = null;
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string name = (colon < 0 ? text : text[..colon]).Trim();
        if (LogNames.PolicyOf(name) is not { } kind)
        {
            problem = $"there is no policy '{name}'; there are off, epsilon_greedy, softmax, thompson and ucb";
            return false;
        }

        var options = new ExplorationOptions();
        string[] given = colon < 0 ? [] : text[(colon + 1)..].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (string one in given)
        {
            string[] sides = one.Split('=', 2, StringSplitOptions.TrimEntries);
            int at = Array.FindIndex(Parameters, parameter => parameter.Name == sides[0] && parameter.Policies.Contains(kind));
            if (at < 0)
            {
                string[] known = [.. Parameters.Where(parameter => parameter.Policies.Contains(kind)).Select(parameter => parameter.Name)];
                problem = known.Length == 0 ? $"{name} has no parameters" : $"{name} has no parameter '{sides[0]}'; it has {string.Join(" and ", known)}";
                return false;
            }

            if (sides.Length < 2 || !double.TryParse(sides[1], NumberStyles.Float, CultureInfo.InvariantCulture, out double value) || !double.IsFinite(value))
            {
                problem = $"'{one}' is not written as {sides[0]}=NUMBER";
                return false;
            }

            Parameters[at].Set(options, value);
        }

        var wrong = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), wrong, validateAllProperties: true))
        {
            problem = wrong[0].ErrorMessage ?? "a parameter is out of range";
            return false;
        }

        (policy, problem) = (new TargetPolicy(ChoiceSettings.Of(kind, options)), null);
        return true;
    }
}
