using System.Globalization;

namespace Grpc.Core.Wire;

/// <summary>
/// The grammar of <c>grpc-timeout</c>: one to eight digits and a unit of <c>H M S m u n</c>. Source: gRPC, doc/PROTOCOL-HTTP2.md, "Timeout".
/// </summary>
internal static class TimeoutFormat
{
    /// <summary>The longest timeout that is told apart from none: 99,999,999 seconds, a little over three years.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(MaxDigits);

    private const long MaxDigits = 99_999_999;
    private const int NanosecondsPerTick = 100;

    private static readonly (long Ticks, char Unit)[] s_units =
    [
        (TimeSpan.TicksPerMicrosecond, 'u'),
        (TimeSpan.TicksPerMillisecond, 'm'),
        (TimeSpan.TicksPerSecond, 'S'),
    ];

    /// <summary>Reads a timeout; what is shorter than a tick counts as one, so that it still ends the call.</summary>
    /// <returns>False where the text is not of the grammar or says zero: the specification asks for a positive number.</returns>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > 9 || !int.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount) || amount == 0)
        {
            return false;
        }

        var ticks = text[^1] switch
        {
            'H' => amount * TimeSpan.TicksPerHour,
            'M' => amount * TimeSpan.TicksPerMinute,
            'S' => amount * TimeSpan.TicksPerSecond,
            'm' => amount * TimeSpan.TicksPerMillisecond,
            'u' => amount * TimeSpan.TicksPerMicrosecond,
            'n' => (amount + NanosecondsPerTick - 1L) / NanosecondsPerTick,
            _ => 0,
        };
        timeout = TimeSpan.FromTicks(Math.Min(ticks, Longest.Ticks));
        return ticks > 0;
    }

    /// <summary>
    /// Writes a timeout in the finest unit whose digits suffice, rounded up, so that the server never gives up before its caller does.
    /// Zero and less become one nanosecond.
    /// </summary>
    public static string Format(TimeSpan timeout)
    {
        if (timeout.Ticks <= 0)
        {
            return "1n";
        }

        if (timeout.Ticks <= MaxDigits / NanosecondsPerTick)
        {
            return string.Create(CultureInfo.InvariantCulture, $"{timeout.Ticks * NanosecondsPerTick}n");
        }

        foreach (var (ticks, unit) in s_units)
        {
            var amount = (timeout.Ticks / ticks) + (timeout.Ticks % ticks == 0 ? 0 : 1);
            if (amount <= MaxDigits)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{amount}{unit}");
            }
        }

        return string.Create(CultureInfo.InvariantCulture, $"{MaxDigits}S");
    }
}
