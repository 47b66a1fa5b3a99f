using System.Runtime;
using Inference.Server.Options;

namespace Inference.Server.Hosting;

/// <summary>
/// Keeps the collector from stopping everything for a whole heap. Every hundred seconds it looks at the old generation, usually beside the work; but where it finds many gaps, as caches leave them, it stops all threads, moves everything together, and a
/// server of a million items answers nobody for a third of a second (./dev bench soak). In the sustained mode it fills the gaps instead, and stops everything only where memory is short.
/// </summary>
internal static class CollectorMode
{
    /// <summary>Sets the mode; without effect where collections beside the work are switched off (`DOTNET_gcConcurrent=0`).</summary>
    public static void Set(ServerOptions options)
    {
        if (options.AvoidBlockingCollections)
            GCSettings.LatencyMode = GCLatencyMode.SustainedLowLatency;
    }
}
