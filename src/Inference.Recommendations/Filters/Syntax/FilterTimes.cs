using System.Globalization;

namespace Inference.Recommendations.Filters.Syntax;

/// <summary>Times as texts (ISO 8601, RFC 3339), and the units of durations and distances.</summary>
internal static class FilterTimes
{
    private static readonly string[] Formats =
    [
        "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", "yyyy-MM-dd'T'HH:mm:ssK", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd",
    ];

    /// <summary>Seconds since 1970 of a date, or of a date and time; without an offset it is UTC.</summary>
    public static bool TryRead(string text, out double seconds)
    {
        bool isTime = DateTimeOffset.TryParseExact(text, Formats, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset time);
        seconds = isTime ? SecondsOf(time) : double.NaN;
        return isTime;
    }

    /// <summary>Seconds since 1970.</summary>
    public static double SecondsOf(DateTimeOffset time) => (time.UtcTicks - DateTimeOffset.UnixEpoch.UtcTicks) / (double)TimeSpan.TicksPerSecond;

    /// <summary>Seconds of a unit of time; 0 for none.</summary>
    public static double SecondsOf(string unit) => unit switch
    {
        "s" => 1,
        "min" => 60,
        "h" => 3_600,
        "d" => 86_400,
        "w" => 604_800,
        _ => 0,
    };

    /// <summary>Metres of a unit of length; 0 for none.</summary>
    public static double MetresOf(string unit) => unit switch
    {
        "m" => 1,
        "km" => 1_000,
        "mi" => 1_609.344,
        _ => 0,
    };
}
