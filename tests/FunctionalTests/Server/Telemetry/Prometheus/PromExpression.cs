using System.Text.RegularExpressions;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>What an expression of PromQL asks for: its selectors, and the labels that it groups by.</summary>
internal sealed partial class PromExpression
{
    private static readonly string[] Words = ["by", "without", "on", "ignoring", "group_left", "group_right", "or", "and", "unless", "bool", "offset"];

    /// <param name="text">As a dashboard has it; variables stand for everything.</param>
    public PromExpression(string text)
    {
        Text = text.Replace("$__rate_interval", "1m", StringComparison.Ordinal).Replace("$instance", ".*", StringComparison.Ordinal).Replace("$version", ".*", StringComparison.Ordinal);
        Grouping = [.. Groupings().Matches(Text).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        string bare = Groupings().Replace(Text, " ");
        Selectors =
        [
            .. Names().Matches(bare).Where(match => !Words.Contains(match.Groups[1].Value)).Select(match => new Selector(
                match.Groups[1].Value, [.. Matchers().Matches(match.Groups[2].Value).Select(matcher => new Matcher(matcher.Groups[1].Value, matcher.Groups[2].Value, matcher.Groups[3].Value))])),
        ];
    }

    /// <summary>With values for the variables.</summary>
    public string Text { get; }

    public IReadOnlyList<Selector> Selectors { get; }

    /// <summary>Labels of by, without, on, ignoring and group_left.</summary>
    public IReadOnlyList<string> Grouping { get; }

    [GeneratedRegex(@"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")]
    private static partial Regex Groupings();

    // A function's name is before a parenthesis; a number or a duration does not begin with a letter.
    [GeneratedRegex(@"(?<![\w:.$""])([a-zA-Z_][\w:]*)\b(?!\s*\()(\{[^}]*\})?(?=[^""]*(?:""[^""]*""[^""]*)*$)")]
    private static partial Regex Names();

    [GeneratedRegex(@"(\w+)\s*(=~|!~|!=|=)\s*""([^""]*)""")]
    private static partial Regex Matchers();

    /// <param name="Name">Of the series.</param>
    /// <param name="Matchers">Between its braces.</param>
    public sealed record Selector(string Name, IReadOnlyList<Matcher> Matchers)
    {
        public override string ToString() => $"{Name}{{{string.Join(",", Matchers.Select(matcher => $"{matcher.Label}{matcher.Operator}\"{matcher.Value}\""))}}}";
    }

    public sealed record Matcher(string Label, string Operator, string Value);
}
