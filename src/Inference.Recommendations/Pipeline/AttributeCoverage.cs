using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>How many of the values that an attribute could have in a slate it has there. Of lists each value counts; items without the attribute have none.</summary>
internal static class AttributeCoverage
{
    /// <returns>In [0, 1]; 0 where no item of the catalogue has the attribute.</returns>
    public static double Of(ItemCatalogue items, ReadOnlySpan<Slate.Place> places, string attribute)
    {
        var values = new HashSet<string>(StringComparer.Ordinal);
        foreach (Slate.Place place in places)
            Add(values, items, place.Row, attribute);
        int could = Math.Min(places.Length, Math.Max(values.Count, items.ValuesOf(attribute, places.Length)));
        return could == 0 ? 0 : Math.Min(1, values.Count / (double)could);
    }

    /// <summary>Adds the values of one row as texts.</summary>
    public static void Add(HashSet<string> values, ItemCatalogue items, int row, string attribute)
    {
        if (!items.TryGetAttribute(row, attribute, out FeatureValue value))
            return;
        switch (value.Kind)
        {
            case FeatureKind.TextList:
                values.UnionWith(value.TextList);
                break;
            case FeatureKind.IntegerList:
                foreach (long integer in value.IntegerList)
                    values.Add(integer.ToString(CultureInfo.InvariantCulture));
                break;
            case FeatureKind.NumberList:
                foreach (double number in value.NumberList)
                    values.Add(number.ToString(CultureInfo.InvariantCulture));
                break;
            case FeatureKind.Number:
                values.Add(value.Number.ToString(CultureInfo.InvariantCulture));
                break;
            default:
                if (value.AsCategory() is { } category)
                    values.Add(category);
                break;
        }
    }
}
