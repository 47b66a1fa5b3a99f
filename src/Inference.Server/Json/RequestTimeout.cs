using System.Globalization;

namespace Inference.Server.Json;

/// <summary>The header by which a caller says how long it waits: "Request-Timeout: 50ms".</summary>
internal static class RequestTimeout
{
    /// <summary>Its name.</summary>
    public const string Header = "Request-Timeout";

    /// <summary>A day. Whoever waits longer names no timeout.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    private static readonly (string Unit, long Ticks)[] Units =
    [
        ("us", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond), ("m", TimeSpan.TicksPerMinute),
    ];

    /// <summary>Reads a positive number and its unit: us, ms, s or m; at most a day.</summary>
    public static bool TryParse(string text, out TimeSpan timeout)
    {
        timeout = default;
        foreach ((string unit, long ticks) in Units)
        {
            if (!text.EndsWith(unit, StringComparison.Ordinal))
                continue;
            if (!decimal.TryParse(text.AsSpan(0, text.Length - unit.Length), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal amount))
                continue;
            if (amount <= 0 || amount > Longest.Ticks / ticks)
                return false;
            timeout = TimeSpan.FromTicks(Math.Max(1, (long)(amount * ticks)));
            return true;
        }

        return false;
    }
}
