namespace Inference.Recommendations.Snapshots;

/// <summary>Who answers requests that pin no version. Immutable.</summary>
/// <param name="Active">Most of them; null before the first model is there.</param>
/// <param name="Canary">A share of them, while a new version is tried; null for nobody.</param>
/// <param name="CanaryShare">Which share, 0 to 1.</param>
public sealed record TrafficSplit(Snapshot? Active, Snapshot? Canary, double CanaryShare)
{
    /// <summary>The canary where it answers the requests of a key, else null. A key's place is the same in all processes, and raising the share takes nobody away who has the canary.</summary>
    internal Snapshot? Of(string key) => Canary is not null && PlaceOf(key) < CanaryShare ? Canary : null;

    /// <summary>A number in [0, 1) that a key always has: FNV-1a, 64 bits, over its UTF-16 units, with the finalizer of MurmurHash3 since FNV leaves the upper bits of short keys alike.</summary>
    internal static double PlaceOf(string key)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char unit in key)
            hash = (hash ^ unit) * 0x100000001B3;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCD;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53;
        return ((hash ^ (hash >> 33)) >> 11) * (1.0 / (1UL << 53));
    }
}
