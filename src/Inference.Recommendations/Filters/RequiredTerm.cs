using System.Collections.Immutable;
using Inference.Recommendations.Filters.Syntax;

namespace Inference.Recommendations.Filters;

/// <summary>How an attribute has to compare with a value.</summary>
public enum RequiredComparison
{
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// <summary>
/// A part of a filter that every item it selects fulfils, simple enough for other systems: the attribute, or some element of it, compares so with one of the values. A filter may ask for more than its required terms say.
/// </summary>
/// <param name="Attribute">The attribute.</param>
/// <param name="How">The comparison; with several values <see cref="RequiredComparison.Equal"/>.</param>
/// <param name="Texts">The values where they are texts; otherwise empty.</param>
/// <param name="Numbers">The values where they are numbers; otherwise empty.</param>
public sealed record RequiredTerm(string Attribute, RequiredComparison How, ImmutableArray<string> Texts, ImmutableArray<double> Numbers)
{
    /// <summary>The terms of an expression: those of its parts that are joined by "and". Negations, alternatives, times, places and what mixes types are left out.</summary>
    internal static ImmutableArray<RequiredTerm> Of(FilterNode root)
    {
        ImmutableArray<RequiredTerm>.Builder terms = ImmutableArray.CreateBuilder<RequiredTerm>();
        Add(root, terms);
        return terms.ToImmutable();
    }

    private static void Add(FilterNode node, ImmutableArray<RequiredTerm>.Builder terms)
    {
        if (node is AllOf all)
        {
            foreach (FilterNode part in all.Parts)
                Add(part, terms);
        }
        else if (node is ValueComparison { How: not FilterComparison.NotEqual } comparison)
        {
            RequiredComparison how = comparison.How switch
            {
                FilterComparison.Less => RequiredComparison.Less,
                FilterComparison.LessOrEqual => RequiredComparison.LessOrEqual,
                FilterComparison.Greater => RequiredComparison.Greater,
                FilterComparison.GreaterOrEqual => RequiredComparison.GreaterOrEqual,
                _ => RequiredComparison.Equal,
            };
            if (comparison.Values.All(value => value.Kind == FilterValueKind.Text) && how == RequiredComparison.Equal)
                terms.Add(new RequiredTerm(comparison.Attribute.Name, how, [.. comparison.Values.Select(value => value.Text)], []));
            else if (comparison.Values.All(value => value.Kind == FilterValueKind.Number))
                terms.Add(new RequiredTerm(comparison.Attribute.Name, how, [], [.. comparison.Values.Select(value => value.Number)]));
        }
    }
}
