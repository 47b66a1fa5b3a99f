namespace Inference.Training.Splits;

/// <summary>The order of item ids within a part of a split: numerically where all ids of the training catalogue are whole numbers, else ordinally.</summary>
internal sealed class ItemOrder(bool numeric) : IComparer<string>
{
    public static ItemOrder Of(IEnumerable<string> catalogue) => new(catalogue.All(IsNumber));

    public int Compare(string? x, string? y)
    {
        // Numbers go before other ids, which a cold part may have even where the catalogue has none.
        if (numeric && IsNumber(x!) != IsNumber(y!))
            return IsNumber(x!) ? -1 : 1;
        return numeric && IsNumber(x!) ? CompareNumbers(x!, y!) : string.CompareOrdinal(x, y);
    }

    private static int CompareNumbers(string x, string y)
    {
        ReadOnlySpan<char> left = x.AsSpan().TrimStart('0'), right = y.AsSpan().TrimStart('0');
        int order = left.Length != right.Length ? left.Length.CompareTo(right.Length) : left.SequenceCompareTo(right);
        return order != 0 ? order : string.CompareOrdinal(x, y);
    }

    private static bool IsNumber(string id)
    {
        foreach (char c in id)
        {
            if (!char.IsAsciiDigit(c))
                return false;
        }

        return id.Length > 0;
    }
}
