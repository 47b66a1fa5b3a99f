using System.Globalization;
using Inference.Recommendations.Filters.Syntax;

namespace Fuzz.Targets;

/// <summary>Writes filters as texts, each part in parentheses; and without their places, so that two can be compared.</summary>
internal static class FilterText
{
    public static string Of(FilterNode node) => node switch
    {
        Constant constant => constant.Value ? "true" : "false",
        AllOf all => string.Join(" and ", all.Parts.Select(Part)),
        AnyOf any => string.Join(" or ", any.Parts.Select(Part)),
        // Brackets count towards the depth that a filter may have, so it has none that it does not need.
        Negation negation => $"not {(negation.Part is Negation ? Of(negation.Part) : Part(negation.Part))}",
        Presence presence => $"{(presence.IsMissing ? "missing" : "exists")}({Name(presence.Attribute)})",
        ValueComparison { Values.Length: 1 } one => $"{Name(one.Attribute)} {Sign(one.How)} {Value(one.Values[0])}",
        ValueComparison many => $"{Name(many.Attribute)} {(many.How == FilterComparison.NotEqual ? "not in" : "in")} [{string.Join(", ", many.Values.Select(Value))}]",
        Nearness near => $"within({Name(near.First)}{(near.Second is null ? "" : ", " + Name(near.Second))}, {Number(near.Latitude)}, {Number(near.Longitude)}, {near.Metres.ToString("R", CultureInfo.InvariantCulture)}m)",
        _ => throw new NotSupportedException(node.GetType().Name),
    };

    private static string Part(FilterNode node) => node is AllOf or AnyOf or Negation ? $"({Of(node)})" : Of(node);

    private static string Name(AttributeName name) => $"`{name.Name.Replace("`", "``", StringComparison.Ordinal)}`";

    private static string Sign(FilterComparison how) => how switch
    {
        FilterComparison.Equal => "=",
        FilterComparison.NotEqual => "!=",
        FilterComparison.Less => "<",
        FilterComparison.LessOrEqual => "<=",
        FilterComparison.Greater => ">",
        _ => ">=",
    };

    private static string Value(FilterValue value) => value.Kind switch
    {
        FilterValueKind.Text => $"\"{string.Concat(value.Text.Select(static one => one is '"' or '\\' || one < ' ' || char.IsSurrogate(one) ? $"\\u{(int)one:x4}" : one.ToString()))}\"",
        FilterValueKind.Number => Number(value.Number),
        FilterValueKind.Boolean => value.Number == 1 ? "true" : "false",
        _ when value.IsFromNow => "now()" + Shift(value.Number),
        _ => "time(\"1970-01-01\")" + Shift(value.Number),
    };

    private static string Shift(double seconds) => seconds == 0 ? "" : $" {(seconds < 0 ? '-' : '+')} {Number(Math.Abs(seconds))}s";

    private static string Number(double number) => number.ToString("R", CultureInfo.InvariantCulture);
}
