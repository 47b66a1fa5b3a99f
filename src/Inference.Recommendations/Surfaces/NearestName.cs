namespace Inference.Recommendations.Surfaces;

/// <summary>Finds what somebody may have meant who wrote an unknown name.</summary>
public static class NearestName
{
    /// <summary>Characters up to which a name is compared: nobody mistypes a longer one, and somebody may send it to make the server work.</summary>
    private const int MostCharacters = 64;

    /// <summary>The known name with the smallest edit distance, case aside; null where none is near: within two edits, or a third of what was written.</summary>
    public static string? Find(string written, IEnumerable<string> known)
    {
        string? best = null;
        if (written.Length > MostCharacters)
            return null;
        int bestDistance = Math.Max(2, written.Length / 3) + 1;
        foreach (string name in known)
        {
            int distance = Distance(written.ToUpperInvariant(), name.ToUpperInvariant());
            if (distance < bestDistance)
                (best, bestDistance) = (name, distance);
        }

        return best;
    }

    /// <summary>Levenshtein's distance, with one row of the table.</summary>
    public static int Distance(string a, string b)
    {
        int[] row = new int[b.Length + 1];
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
