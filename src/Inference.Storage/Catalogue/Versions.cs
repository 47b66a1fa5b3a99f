namespace Inference.Storage.Catalogue;

/// <summary>Versions of changes: at least the microseconds since 1970, so that they go on rising when the store that counted them has lost its data.</summary>
internal static class Versions
{
    /// <summary>The least version of a change that is made now.</summary>
    public static long At(DateTimeOffset now) => (now - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
