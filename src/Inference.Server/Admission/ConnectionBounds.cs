using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Inference.Server.Admission;

/// <summary>Hands the bounds of connections to the transport.</summary>
internal static class ConnectionBounds
{
    public static void Apply(KestrelServerLimits limits, ConnectionOptions options)
    {
        limits.MaxConcurrentConnections = options.MaxConnections;
        limits.Http2.InitialConnectionWindowSize = options.ConnectionWindowBytes;
        limits.Http2.InitialStreamWindowSize = options.StreamWindowBytes;
        limits.MinResponseDataRate = options.MinResponseBytesPerSecond == 0 ? null : new MinDataRate(options.MinResponseBytesPerSecond, options.ResponseGrace);
    }
}
