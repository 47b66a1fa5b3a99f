using Inference.Recommendations.Surfaces;

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
            int distance = sameName ? 0 : NearestName.Distance(written.ToUpperInvariant(), key.ToUpperInvariant());
            if (distance < bestDistance && (sameName || distance <= Math.Max(2, written.Length / 3)))
            {
                best = key;
                bestDistance = distance;
            }
        }

        return best;
    }

    private static ReadOnlySpan<char> LastName(string key) => key.AsSpan(key.LastIndexOf(':') + 1).TrimStart('-');
}
