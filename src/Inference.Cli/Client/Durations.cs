using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Inference.Cli.Client;

/// <summary>Options that are durations: a number of seconds, or a number with ms, s, m or h.</summary>
internal static class Durations
{
    public static Option<TimeSpan> Option(string name, string description, TimeSpan byDefault, TimeSpan least, TimeSpan most) => new(name)
    {
        Description = description,
        HelpName = "TIME",
        DefaultValueFactory = _ => byDefault,
        CustomParser = result => Parse(result, name, least, most),
    };

    /// <summary>Reads "2", "1.5s", "200ms", "3m", "1h", and "00:01:30" as help shows defaults.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        if (text.Contains(':', StringComparison.Ordinal))
            return TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out duration);
        duration = default;
        int digits = text.Length;
        while (digits > 0 && char.IsAsciiLetter(text[digits - 1]))
            digits--;
        double seconds = text[digits..] switch { "" or "s" => 1, "ms" => 0.001, "m" => 60, "h" => 3600, _ => double.NaN };
        if (!double.TryParse(text.AsSpan(0, digits), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || !(number * seconds <= 1e9))
            return false;
        duration = TimeSpan.FromSeconds(number * seconds);
        return true;
    }

    private static TimeSpan Parse(ArgumentResult result, string name, TimeSpan least, TimeSpan most)
    {
        string text = result.Tokens.Count == 1 ? result.Tokens[0].Value : "";
        if (!TryParse(text, out TimeSpan duration))
            result.AddError($"{name} '{text}' is no duration like 10, 10s, 500ms or 2m");
        else if (duration < least || duration > most)
            result.AddError($"{name} must be {Show(least)} to {Show(most)}, not {text}");
        return duration;
    }

    private static string Show(TimeSpan span) => span < TimeSpan.FromSeconds(1)
        ? string.Create(CultureInfo.InvariantCulture, $"{span.TotalMilliseconds}ms")
        : string.Create(CultureInfo.InvariantCulture, $"{span.TotalSeconds}s");
}
