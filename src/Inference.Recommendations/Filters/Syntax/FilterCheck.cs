using Inference.Recommendations.Features;
using Inference.Recommendations.Filters.Columns;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Filters.Syntax;

/// <summary>Whether the names and types of a filter fit a catalogue. The first error in the order of the text is told.</summary>
internal static class FilterCheck
{
    /// <summary>Names that a suggestion is looked for among, and the longest written one: an error must not cost more than an answer.</summary>
    private const int MostNames = 512, LongestName = 64;

    private const AttributeKinds Numbers = AttributeKinds.Number | AttributeKinds.NumberList;
    private const AttributeKinds Texts = AttributeKinds.Text | AttributeKinds.TextList;

    public static FilterError? Run(ItemFilter filter, ItemAttributes attributes) => Check(filter.Root, attributes);

    /// <summary>As <see cref="Run"/>, without errors about attributes that no item has.</summary>
    public static FilterError? RunOnKnown(ItemFilter filter, ItemAttributes attributes) => Check(filter.Root, attributes, mayBeUnknown: true);

    private static FilterError? Check(FilterNode node, ItemAttributes attributes, bool mayBeUnknown = false)
    {
        switch (node)
        {
            case AllOf all:
                foreach (FilterNode part in all.Parts)
                {
                    if (Check(part, attributes, mayBeUnknown) is { } error)
                        return error;
                }

                return null;
            case AnyOf any:
                foreach (FilterNode part in any.Parts)
                {
                    if (Check(part, attributes, mayBeUnknown) is { } error)
                        return error;
                }

                return null;
            case Negation negation:
                return Check(negation.Part, attributes, mayBeUnknown);
            case Presence presence:
                return CheckName(presence.Attribute, attributes, mayBeUnknown, out _);
            case ValueComparison comparison:
                return CheckComparison(comparison, attributes, mayBeUnknown);
            case Nearness nearness:
                return CheckNearness(nearness, attributes, mayBeUnknown);
            default:
                return null;
        }
    }

    private static FilterError? CheckComparison(ValueComparison comparison, ItemAttributes attributes, bool mayBeUnknown)
    {
        if (CheckName(comparison.Attribute, attributes, mayBeUnknown, out AttributeKinds kinds) is { } error)
            return error;
        foreach (FilterValue value in comparison.Values)
        {
            AttributeKinds fit = value.Kind switch
            {
                FilterValueKind.Text => Texts,
                FilterValueKind.Number => Numbers,
                _ => Texts | Numbers,
            };
            if (kinds != AttributeKinds.None && (kinds & fit) == 0)
                return new FilterError(value.Position, $"'{comparison.Attribute.Name}' is {ItemAttributes.Describe(kinds)}, and this is {value.Describe()}.");
        }

        return null;
    }

    private static FilterError? CheckNearness(Nearness nearness, ItemAttributes attributes, bool mayBeUnknown)
    {
        AttributeKinds fit = nearness.Second is null ? AttributeKinds.NumberList : AttributeKinds.Number;
        foreach (AttributeName? name in (ReadOnlySpan<AttributeName?>)[nearness.First, nearness.Second])
        {
            if (name is null)
                continue;
            if (CheckName(name, attributes, mayBeUnknown, out AttributeKinds kinds) is { } error)
                return error;
            if (kinds != AttributeKinds.None && (kinds & fit) == 0)
            {
                string wanted = nearness.Second is null ? "a list of latitude and longitude" : "a number";
                return new FilterError(name.Position, $"'{name.Name}' is {ItemAttributes.Describe(kinds)}; 'within' wants {wanted} here.");
            }
        }

        return null;
    }

    private static FilterError? CheckName(AttributeName name, ItemAttributes attributes, bool mayBeUnknown, out AttributeKinds kinds)
    {
        kinds = attributes.KindsOf(name.Name);
        if (kinds != AttributeKinds.None || mayBeUnknown)
            return null;
        string shown = name.Name.Length <= LongestName ? name.Name : string.Concat(name.Name.AsSpan(0, LongestName), "…");
        string? nearest = name.Name.Length > LongestName ? null : NearestName.Find(name.Name, attributes.Names.Take(MostNames));
        return new FilterError(name.Position, nearest is null ? $"'{shown}' is no attribute of any item." : $"'{shown}' is no attribute; did you mean '{nearest}'?");
    }
}
