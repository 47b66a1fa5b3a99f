namespace Inference.Server.Configuration;

/// <summary>Finds what somebody may have meant who wrote an unknown key.</summary>
internal static class NearestKey
{
    /// <summary>The known key with the smallest edit distance; one that ends in the same name goes first. Null when none is near.</summary>
    public static string? Find(string written, IReadOnlyList<string> known)
    {
        string? best = null;
        int bestDistance = int.MaxValue;
        foreach (string key in known)
        {
            bool sameName = LastName(key).Equals(LastName(written), StringComparison.OrdinalIgnoreCase);
            int distance = sameName ? 0 : Distance(written.ToUpperInvariant(), key.ToUpperInvariant());
            if (distance < bestDistance && (sameName || distance <= Math.Max(2, written.Length / 3)))
            {
                best = key;
                bestDistance = distance;
            }
        }

        return best;
    }

    private static ReadOnlySpan<char> LastName(string key) => key.AsSpan(key.LastIndexOf(':') + 1).TrimStart('-');

    /// <summary>Levenshtein's distance, with one row of the table.</summary>
    internal static int Distance(string a, string b)
    {
        var row = new int[b.Length + 1];
        for (int j = 0; j <= b.Length; j++)
            row[j] = j;
        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.Min(substituted, 1 + Math.Min(row[j], row[j - 1]));
            }
        }

        return row[b.Length];
    }
}
