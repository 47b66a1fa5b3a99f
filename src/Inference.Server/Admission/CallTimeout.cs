using System.Globalization;
using Inference.Server.Json;

namespace Inference.Server.Admission;

/// <summary>How long a caller waits, from the headers of its request. What cannot be read is no timeout here; whoever serves the call says what is wrong with it.</summary>
internal static class CallTimeout
{
    /// <summary>The timeout of a gRPC call ("grpc-timeout") or of a request over HTTP ("Request-Timeout"); null where the caller names none.</summary>
    public static TimeSpan? Of(HttpContext http)
    {
        IHeaderDictionary headers = http.Request.Headers;
        if (headers.GrpcTimeout is { Count: 1 } grpc)
            return TryParse(grpc[0], out TimeSpan timeout) ? timeout : null;
        return headers.TryGetValue(RequestTimeout.Header, out Microsoft.Extensions.Primitives.StringValues plain) && RequestTimeout.TryParse(plain.ToString(), out TimeSpan wait) ? wait : null;
    }

    /// <summary>Reads 1 to 8 digits and a unit. Source: gRPC, doc/PROTOCOL-HTTP2.md, "Timeout".</summary>
    internal static bool TryParse(string? text, out TimeSpan timeout)
    {
        timeout = default;
        if (text is not { Length: >= 2 and <= 9 } || !int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int amount))
            return false;
        long? ticks = text[^1] switch
        {
            'H' => TimeSpan.TicksPerHour,
            'M' => TimeSpan.TicksPerMinute,
            'S' => TimeSpan.TicksPerSecond,
            'm' => TimeSpan.TicksPerMillisecond,
            'u' => TimeSpan.TicksPerMicrosecond,
            'n' => 0,
            _ => null,
        };
        if (ticks is not { } each)
            return false;
        timeout = each == 0 ? TimeSpan.FromTicks(amount / TimeSpan.NanosecondsPerTick) : TimeSpan.FromTicks(amount * each);
        return true;
    }
}
