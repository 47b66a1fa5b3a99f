using System.CommandLine;
using System.Globalization;
using Recsys.V1;

namespace Inference.Cli.Client;

/// <summary>
/// Context features on the command line: name=value. A value that looks like a whole or a real number is one; quotes make it a text; a bar separates the elements
/// of a list.
/// </summary>
internal static class ContextOption
{
    public static Option<string[]> Option(string description)
    {
        var option = new Option<string[]>("--context") { Description = description, HelpName = "NAME=VALUE", DefaultValueFactory = _ => [] };
        option.Validators.Add(result =>
        {
            foreach (string pair in result.Tokens.Select(token => token.Value))
            {
                if (!TryParse(pair, out _, out _))
                    result.AddError($"--context '{pair}' is not of the form NAME=VALUE, for example country=DE or hour=14");
            }
        });
        return option;
    }

    /// <summary>Reads one pair; the name is what stands before the first equals sign.</summary>
    public static bool TryParse(string pair, out string name, out FeatureValue value)
    {
        int equals = pair.IndexOf('=', StringComparison.Ordinal);
        name = equals > 0 ? pair[..equals] : "";
        string text = equals > 0 ? pair[(equals + 1)..] : "";
        value = new FeatureValue();
        if (name.Length == 0 || text.Length == 0)
            return false;
        if (text.Length >= 2 && text[0] == '"' && text[^1] == '"')
            value.StringValue = text[1..^1];
        else if (text.Contains('|', StringComparison.Ordinal))
            SetList(value, text.Split('|', StringSplitOptions.RemoveEmptyEntries));
        else if (TryWhole(text, out long whole))
            value.IntValue = whole;
        else if (TryReal(text, out double real))
            value.FloatValue = real;
        else
            value.StringValue = text;
        return true;
    }

    private static void SetList(FeatureValue value, string[] elements)
    {
        if (elements.All(element => TryWhole(element, out _)))
            value.IntList = new IntList { Values = { elements.Select(element => long.Parse(element, CultureInfo.InvariantCulture)) } };
        else if (elements.All(element => TryReal(element, out _)))
            value.FloatList = new FloatList { Values = { elements.Select(element => double.Parse(element, CultureInfo.InvariantCulture)) } };
        else
            value.StringList = new StringList { Values = { elements } };
    }

    private static bool TryWhole(string text, out long whole) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out whole);

    /// <summary>Names like "NaN" and "Infinity" are texts here: no feature is such a number.</summary>
    private static bool TryReal(string text, out double real) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out real) && double.IsFinite(real);
}
