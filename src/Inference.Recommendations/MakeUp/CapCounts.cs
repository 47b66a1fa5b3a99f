using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.MakeUp;

/// <summary>Keeps caps of attributes: each value of a list counts, items without the attribute do not.</summary>
internal static class CapCounts
{
    /// <summary>Reads the capped attributes of all candidates, and of what earlier pages showed.</summary>
    public static void Read(MakeUpScratch s, ItemCatalogue items, IReadOnlyList<AttributeCap> caps, ReadOnlySpan<int> earlier)
    {
        s.EarlierCount = earlier.Length;
        for (int cap = 0; cap < caps.Count; cap++)
        {
            AttributeNumbers attribute = s.Attributes[cap] = items.NumbersOf(caps[cap].Attribute);
            Span<int> values = s.Values.AsSpan(cap * s.Count, s.Count);
            for (int i = 0; i < values.Length; i++)
                values[i] = attribute.Of(s.Places[i].Row);
            Span<int> shown = s.EarlierValues.AsSpan(cap * earlier.Length, earlier.Length);
            for (int i = 0; i < shown.Length; i++)
                shown[i] = attribute.Of(earlier[i]);
        }
    }

    /// <summary>Rules out the candidates for which earlier pages have left no room.</summary>
    public static void Begin(MakeUpScratch s, IReadOnlyList<AttributeCap> caps)
    {
        for (int cap = 0; cap < caps.Count && s.EarlierCount > 0; cap++)
        {
            AttributeNumbers attribute = s.Attributes[cap]!;
            ReadOnlySpan<int> values = s.Values.AsSpan(cap * s.Count, s.Count);
            for (int i = 0; i < values.Length; i++)
            {
                foreach (int value in attribute.In(values[i]))
                {
                    if (s.Blocked[i] == 0 && ShownBefore(s, cap, attribute, value) >= caps[cap].Most)
                        s.Blocked[i] = (byte)(cap + 1);
                }
            }
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
                if (had >= caps[cap].Most)
                    RuleOut(s.BlockedHere, cap, attribute, values, value);
                if (had + ShownBefore(s, cap, attribute, value) >= caps[cap].Most)
                    RuleOut(s.Blocked, cap, attribute, values, value);
            }
        }
    }

    /// <summary>Whether one more item would break no cap.</summary>
    /// <param name="items">The catalogue.</param>
    /// <param name="caps">The caps.</param>
    /// <param name="shown">Items of the slate; rows below 0 are empty places.</param>
    /// <param name="earlier">Items of the pages before.</param>
    /// <param name="row">The item.</param>
    public static bool Allow(ItemCatalogue items, IReadOnlyList<AttributeCap> caps, ReadOnlySpan<int> shown, ReadOnlySpan<int> earlier, int row)
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
                foreach (int other in earlier)
                    had += attribute.Share(attribute.Of(other), value) ? 1 : 0;
                if (had >= caps[cap].Most)
                    return false;
            }
        }

        return true;
    }

    /// <summary>Items of earlier pages with a value.</summary>
    private static int ShownBefore(MakeUpScratch s, int cap, AttributeNumbers attribute, int value)
    {
        int had = 0;
        foreach (int other in s.EarlierValues.AsSpan(cap * s.EarlierCount, s.EarlierCount))
            had += attribute.Share(other, value) ? 1 : 0;
        return had;
    }

    private static void RuleOut(byte[] blocked, int cap, AttributeNumbers attribute, ReadOnlySpan<int> values, int value)
    {
        for (int i = 0; i < values.Length; i++)
        {
            if (blocked[i] == 0 && attribute.Share(values[i], value))
                blocked[i] = (byte)(cap + 1);
        }
    }
}
