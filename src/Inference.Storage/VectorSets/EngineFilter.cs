using System.Globalization;
using System.Text;
using Inference.Recommendations.Filters;

namespace Inference.Storage.VectorSets;

/// <summary>
/// The FILTER of a VSIM: the required terms of a filter that vector sets can say. It selects at least what the filter selects, for whoever asked checks again: terms over attributes that are not kept with the vectors, and texts that
/// would need escapes, are left out.
/// </summary>
internal static class EngineFilter
{
    private const int MostBytes = 4_096;

    /// <returns>An expression; empty where nothing can be said.</returns>
    public static string Of(ItemFilter? filter, IReadOnlyList<string> attributes)
    {
        if (filter is null || attributes.Count == 0)
            return "";
        var text = new StringBuilder();
        foreach (RequiredTerm term in filter.RequiredTerms)
        {
            if (!attributes.Contains(term.Attribute) || !IsName(term.Attribute) || Of(term) is not { } said || text.Length + said.Length > MostBytes)
                continue;
            text.Append(text.Length == 0 ? "" : " and ").Append(said);
        }

        return text.ToString();
    }

    /// <summary>Whether vector sets can read the attribute of this name.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= 64 && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static string? Of(RequiredTerm term)
    {
        string name = "." + term.Attribute;
        if (term.How != RequiredComparison.Equal)
        {
            string sign = term.How switch
            {
                RequiredComparison.Less => "<",
                RequiredComparison.LessOrEqual => "<=",
                RequiredComparison.Greater => ">",
                _ => ">=",
            };
            return IsPlain(term.Numbers[0]) ? string.Create(CultureInfo.InvariantCulture, $"{name} {sign} {term.Numbers[0]:R}") : null;
        }

        if (!term.Texts.All(IsPlain) || !term.Numbers.All(IsPlain))
            return null;
        IEnumerable<string> values = term.Texts.Select(static value => $"\"{value}\"").Concat(term.Numbers.Select(static value => value.ToString("R", CultureInfo.InvariantCulture)));
        string[] all = [.. values];
        return all.Length == 1 ? $"{name} == {all[0]}" : $"{name} in [{string.Join(", ", all)}]";
    }

    private static bool IsPlain(string text) => text.Length <= 256 && !text.Any(static c => c is '"' or '\\' or '\'' || char.IsControl(c));

    /// <summary>Whether a number is written without an exponent, which older servers do not read.</summary>
    private static bool IsPlain(double number) => double.IsFinite(number) && Math.Abs(number) < 1e15 && !number.ToString("R", CultureInfo.InvariantCulture).Contains('E', StringComparison.Ordinal);
}
