namespace Inference.Recommendations.Ports;

/// <summary>How far the counts of one name have come; tells counts that moved from counts that only faded.</summary>
/// <param name="Changes">How often anything was added or taken over from other replicas.</param>
/// <param name="Members">How many have a count.</param>
/// <param name="Sum">Of all counts, as of the moment when this was asked for.</param>
public readonly record struct CountsMark(long Changes, int Members, double Sum)
{
    /// <summary>By which share the counts must have faded to matter: that takes a hundredth and a half of the half-life.</summary>
    private const double Negligible = 0.01;

    /// <summary>Whether what was worked out of the counts before is to be worked out again.</summary>
    /// <param name="before">Null where nothing was worked out yet: then any count matters.</param>
    public bool MovedSince(CountsMark? before)
    {
        if (before is not { } former)
            return Members > 0;
        return Changes != former.Changes || Members != former.Members || Math.Abs(Sum - former.Sum) > Negligible * Math.Max(Sum, former.Sum);
    }
}
