namespace Inference.Recommendations.Snapshots;

/// <summary>Tells counts that moved from counts that only faded.</summary>
internal static class CountChanges
{
    /// <summary>By which share a count must have changed to matter: fading alone takes minutes to come to that.</summary>
    private const double Negligible = 0.01;

    /// <summary>Whether what was worked out of the counts before is to be worked out again.</summary>
    /// <param name="before">Null where nothing was worked out yet: then any count matters.</param>
    public static bool Matter(IReadOnlyDictionary<string, double>? before, IReadOnlyDictionary<string, double> now)
    {
        if (before is null || before.Count != now.Count)
            return before is not null || now.Count > 0;
        foreach ((string item, double count) in now)
        {
            if (!before.TryGetValue(item, out double former) || Math.Abs(count - former) > Negligible * Math.Max(count, former))
                return true;
        }

        return false;
    }
}
