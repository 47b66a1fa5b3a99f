using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters.Syntax;

namespace UnitTests.Recommendations.Filters;

/// <summary>Decides about one item at a time, from its attributes as they are: what columns and bitmaps have to agree with.</summary>
internal static class NaiveFilter
{
    public static bool Holds(FilterNode node, IReadOnlyDictionary<string, FeatureValue> item, double now)
    {
        switch (node)
        {
            case Constant constant:
                return constant.Value;
            case AllOf all:
                return all.Parts.All(part => Holds(part, item, now));
            case AnyOf any:
                return any.Parts.Any(part => Holds(part, item, now));
            case Negation negation:
                return !Holds(negation.Part, item, now);
            case Presence presence:
                return ElementsOf(item, presence.Attribute.Name).Length == 0 == presence.IsMissing;
            case Nearness near:
                return IsNear(near, item);
            case ValueComparison comparison:
                object[] elements = ElementsOf(item, comparison.Attribute.Name);
                if (comparison.How == FilterComparison.NotEqual)
                    return elements.Length > 0 && !elements.Any(element => comparison.Values.Any(value => Compares(element, FilterComparison.Equal, value, now)));
                return elements.Any(element => comparison.Values.Any(value => Compares(element, comparison.How, value, now)));
            default:
                throw new NotSupportedException();
        }
    }

    private static object[] ElementsOf(IReadOnlyDictionary<string, FeatureValue> item, string name)
    {
        if (!item.TryGetValue(name, out FeatureValue value))
            return [];
        return value.Kind switch
        {
            FeatureKind.Text => [value.Text],
            FeatureKind.Integer => [(double)value.Integer],
            FeatureKind.Number => [value.Number],
            FeatureKind.TextList => [.. value.TextList],
            FeatureKind.IntegerList => [.. value.IntegerList.Select(number => (object)(double)number)],
            FeatureKind.NumberList => [.. value.NumberList.Cast<object>()],
            _ => [],
        };
    }

    private static bool Compares(object element, FilterComparison how, FilterValue value, double now)
    {
        switch (value.Kind)
        {
            case FilterValueKind.Text:
                return element is string text && Order(how, string.CompareOrdinal(text, value.Text));
            case FilterValueKind.Boolean when element is string word:
                return word.Equals(value.Number != 0 ? "true" : "false", StringComparison.OrdinalIgnoreCase);
            case FilterValueKind.Time when element is string written:
                return DateTimeOffset.TryParseExact(written, ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm:ssK"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time)
                    && Order(how, ((double)time.ToUnixTimeSeconds()).CompareTo(value.IsFromNow ? now + value.Number : value.Number));
            default:
                return element is double number && Order(how, number.CompareTo(value.IsFromNow ? now + value.Number : value.Number));
        }
    }

    private static bool Order(FilterComparison how, int order) => how switch
    {
        FilterComparison.Equal => order == 0,
        FilterComparison.Less => order < 0,
        FilterComparison.LessOrEqual => order <= 0,
        FilterComparison.Greater => order > 0,
        _ => order >= 0,
    };

    private static bool IsNear(Nearness near, IReadOnlyDictionary<string, FeatureValue> item)
    {
        double[] place = [.. ElementsOf(item, near.First.Name).OfType<double>()];
        if (near.Second is null)
        {
            if (!item.TryGetValue(near.First.Name, out FeatureValue list) || list.Kind is not (FeatureKind.NumberList or FeatureKind.IntegerList) || place.Length != 2)
                return false;
        }
        else
        {
            FeatureKind[] single = [FeatureKind.Integer, FeatureKind.Number];
            if (!single.Contains(item.GetValueOrDefault(near.First.Name).Kind) || !single.Contains(item.GetValueOrDefault(near.Second.Name).Kind))
                return false;
            place = [place[0], (double)ElementsOf(item, near.Second.Name)[0]];
        }

        if (Math.Abs(place[0]) > 90 || Math.Abs(place[1]) > 180)
            return false;
        // The angle between two unit vectors: another way than that of the columns.
        (double x, double y, double z) a = Point(place[0], place[1]), b = Point(near.Latitude, near.Longitude);
        double angle = Math.Acos(Math.Clamp((a.x * b.x) + (a.y * b.y) + (a.z * b.z), -1, 1));
        return angle * 6_371_008.8 <= near.Metres;
    }

    private static (double, double, double) Point(double latitude, double longitude)
    {
        double north = latitude * Math.PI / 180, east = longitude * Math.PI / 180;
        return (Math.Cos(north) * Math.Cos(east), Math.Cos(north) * Math.Sin(east), Math.Sin(north));
    }
}
