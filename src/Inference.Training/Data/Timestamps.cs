using System.Buffers.Text;

namespace Inference.Training.Data;

/// <summary>How a file writes its timestamps.</summary>
public enum TimestampForm
{
    /// <summary>Not known yet: no row had a readable one.</summary>
    Unknown = 0,

    /// <summary>Seconds since 1970, whole or with decimals.</summary>
    UnixSeconds,

    /// <summary>Milliseconds since 1970.</summary>
    UnixMilliseconds,

    /// <summary>ISO 8601, for example 2011-09-01T12:00:00Z; without a zone it is read as UTC.</summary>
    Iso8601,
}

/// <summary>Reads timestamps as milliseconds since 1970.</summary>
internal static class Timestamps
{
    /// <summary>Numbers from here on are milliseconds: as seconds they would be after the year 5138, as milliseconds before March 1973.</summary>
    private const double FirstMillisecond = 1e11;

    /// <summary>The year 9999; later ones are microseconds or no times.</summary>
    private const double LastMillisecond = 253_402_300_799_999;

    /// <summary>In which form a text is a timestamp; Unknown when in none.</summary>
    public static TimestampForm FormOf(ReadOnlySpan<byte> text)
    {
        foreach (TimestampForm form in (ReadOnlySpan<TimestampForm>)[TimestampForm.UnixSeconds, TimestampForm.UnixMilliseconds, TimestampForm.Iso8601])
        {
            if (TryRead(text, form, out _))
                return form;
        }

        return TimestampForm.Unknown;
    }

    public static bool TryRead(ReadOnlySpan<byte> text, TimestampForm form, out long milliseconds)
    {
        if (form == TimestampForm.Iso8601)
            return TryReadIso(text, out milliseconds);
        milliseconds = 0;
        if (Utf8Parser.TryParse(text, out long whole, out int used) && used == text.Length)
        {
            if (form == TimestampForm.UnixSeconds && whole is > -(long)FirstMillisecond and < (long)FirstMillisecond)
                milliseconds = whole * 1000;
            else if (form == TimestampForm.UnixMilliseconds && whole is >= (long)FirstMillisecond and <= (long)LastMillisecond)
                milliseconds = whole;
            else
                return false;
            return true;
        }

        if (form != TimestampForm.UnixSeconds || !Utf8Parser.TryParse(text, out double real, out used) || used != text.Length || !(Math.Abs(real) < FirstMillisecond))
            return false;
        milliseconds = (long)Math.Floor(real * 1000 + 0.5);
        return true;
    }

    /// <summary>yyyy-MM-dd, then nothing or T or a blank and HH:mm[:ss[.fraction]][Z|±HH[:mm]].</summary>
    private static bool TryReadIso(ReadOnlySpan<byte> text, out long milliseconds)
    {
        milliseconds = 0;
        if (!TryTake(ref text, 4, out int year) || !TrySkip(ref text, '-') || !TryTake(ref text, 2, out int month) || !TrySkip(ref text, '-') || !TryTake(ref text, 2, out int day))
            return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month))
            return false;
        milliseconds = (new DateTime(year, month, day, 0, 0, 0, DateTimeKind.Utc).Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
        if (text.IsEmpty)
            return true;
        if (!TrySkip(ref text, 'T') && !TrySkip(ref text, 't') && !TrySkip(ref text, ' '))
            return false;
        if (!TryTake(ref text, 2, out int hour) || !TrySkip(ref text, ':') || !TryTake(ref text, 2, out int minute) || hour > 23 || minute > 59)
            return false;
        int second = 0, fraction = 0;
        if (TrySkip(ref text, ':') && (!TryTake(ref text, 2, out second) || second > 60))
            return false;
        if ((TrySkip(ref text, '.') || TrySkip(ref text, ',')) && !TryTakeFraction(ref text, out fraction))
            return false;
        milliseconds += ((hour * 60L + minute) * 60 + second) * 1000 + fraction;
        if (text.IsEmpty)
            return true;
        if (TrySkip(ref text, 'Z') || TrySkip(ref text, 'z'))
            return text.IsEmpty;
        int sign = TrySkip(ref text, '+') ? 1 : TrySkip(ref text, '-') ? -1 : 0;
        if (sign == 0 || !TryTake(ref text, 2, out int zoneHours) || zoneHours > 23)
            return false;
        TrySkip(ref text, ':');
        int zoneMinutes = 0;
        if (!text.IsEmpty && (!TryTake(ref text, 2, out zoneMinutes) || zoneMinutes > 59))
            return false;
        milliseconds -= sign * (zoneHours * 60L + zoneMinutes) * 60_000;
        return text.IsEmpty;
    }

    private static bool TrySkip(ref ReadOnlySpan<byte> text, char expected)
    {
        if (text.IsEmpty || text[0] != expected)
            return false;
        text = text[1..];
        return true;
    }

    private static bool TryTake(ref ReadOnlySpan<byte> text, int digits, out int number)
    {
        number = 0;
        if (text.Length < digits)
            return false;
        for (int i = 0; i < digits; i++)
        {
            if (text[i] is < (byte)'0' or > (byte)'9')
                return false;
            number = number * 10 + text[i] - '0';
        }

        text = text[digits..];
        return true;
    }

    /// <summary>Decimals of a second as milliseconds; later ones than three are cut.</summary>
    private static bool TryTakeFraction(ref ReadOnlySpan<byte> text, out int milliseconds)
    {
        milliseconds = 0;
        int digits = 0;
        while (!text.IsEmpty && text[0] is >= (byte)'0' and <= (byte)'9')
        {
            if (digits < 3)
                milliseconds = milliseconds * 10 + text[0] - '0';
            digits++;
            text = text[1..];
        }

        for (int i = digits; i < 3; i++)
            milliseconds *= 10;
        return digits > 0;
    }
}
