using System.Globalization;

namespace Inference.Recommendations.Surfaces;

/// <summary>Times as people write them in files: "250us", "5ms", "1.5 s", or "00:00:00.005".</summary>
internal static class DurationText
{
    public static bool TryParse(string text, out TimeSpan time)
    {
        ReadOnlySpan<char> trimmed = text.AsSpan().Trim();
        int unit = trimmed.Length;
        while (unit > 0 && char.IsLetter(trimmed[unit - 1]))
            unit--;
        double scale = trimmed[unit..] switch
        {
            "us" or "µs" => TimeSpan.TicksPerMicrosecond,
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            _ => 0,
        };
        if (scale == 0)
            return TimeSpan.TryParseExact(trimmed, "c", CultureInfo.InvariantCulture, out time);
        bool isRead = double.TryParse(trimmed[..unit], NumberStyles.Float, CultureInfo.InvariantCulture, out double number) && number * scale is >= 0 and < 1e15;
        time = isRead ? TimeSpan.FromTicks((long)Math.Round(number * scale)) : default;
        return isRead;
    }

    public static string Of(TimeSpan time) => time.Ticks % TimeSpan.TicksPerSecond == 0 ? FormattableString.Invariant($"{time.TotalSeconds}s")
        : time >= TimeSpan.FromMilliseconds(1) ? FormattableString.Invariant($"{time.TotalMilliseconds}ms") : FormattableString.Invariant($"{time.TotalMicroseconds}us");
}
