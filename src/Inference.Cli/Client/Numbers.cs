using System.CommandLine;
using System.Numerics;

namespace Inference.Cli.Client;

/// <summary>Options that are numbers within a range.</summary>
internal static class Numbers
{
    public static Option<T> Option<T>(string name, string description, T byDefault, T least, T most)
        where T : struct, INumber<T>
    {
        var option = new Option<T>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => byDefault };
        option.Validators.Add(result =>
        {
            // Text that is no number at all is the parser's complaint, not this one's.
            if (result.Tokens.Count == 1 && T.TryParse(result.Tokens[0].Value, System.Globalization.CultureInfo.InvariantCulture, out T value) && !(value >= least && value <= most))
                result.AddError(FormattableString.Invariant($"{name} must be {least} to {most}, not {result.Tokens[0].Value}"));
        });
        return option;
    }
}
