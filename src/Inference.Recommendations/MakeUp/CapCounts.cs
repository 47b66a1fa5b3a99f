using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.MakeUp;

/// <summary>Keeps caps of attributes: each value of a list counts, items without the attribute do not.</summary>
internal static class CapCounts
{
    /// <summary>Reads the capped attributes of all candidates.</summary>
    public static void Read(MakeUpScratch s, ItemCatalogue items, IReadOnlyList<AttributeCap> caps)
    {
        for (int cap = 0; cap < caps.Count; cap++)
        {
            AttributeNumbers attribute = s.Attributes[cap] = items.NumbersOf(caps[cap].Attribute);
            Span<int> values = s.Values.AsSpan(cap * s.Count, s.Count);
            for (int i = 0; i < values.Length; i++)
                values[i] = attribute.Of(s.Places[i].Row);
        }
    }

    /// <summary>Counts a candidate that was just taken, and rules out those that have no room any more.</summary>
    public static void Take(MakeUpScratch s, int taken, IReadOnlyList<AttributeCap> caps)
    {
        for (int cap = 0; cap < caps.Count; cap++)
        {
            AttributeNumbers attribute = s.Attributes[cap]!;
            ReadOnlySpan<int> values = s.Values.AsSpan(cap * s.Count, s.Count);
            foreach (int value in attribute.In(values[taken]))
            {
                int had = 0;
                for (int i = 0; i < values.Length; i++)
                    had += s.Taken[i] && attribute.Share(values[i], value) ? 1 : 0;
                if (had < caps[cap].Most)
                    continue;
                for (int i = 0; i < values.Length; i++)
                {
                    if (s.Blocked[i] == 0 && attribute.Share(values[i], value))
                        s.Blocked[i] = (byte)(cap + 1);
                }
            }
        }
    }

    /// <summary>Whether one more item would break no cap.</summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="caps">The caps.</param>
    /// <param name="shown">Items of the slate; rows below 0 are empty places.</param>
    /// <param name="row">The item.</param>
    public static bool Allow(ItemCatalogue items, IReadOnlyList<AttributeCap> caps, ReadOnlySpan<int> shown, int row)
    {
        for (int cap = 0; cap < caps.Count; cap++)
        {
            AttributeNumbers attribute = items.NumbersOf(caps[cap].Attribute);
            int number = attribute.Of(row);
            foreach (int value in attribute.In(number))
            {
                int had = 0;
                foreach (int other in shown)
                    had += other >= 0 && attribute.Share(attribute.Of(other), value) ? 1 : 0;
                if (had >= caps[cap].Most)
                    return false;
            }
        }

        return true;
    }
}
