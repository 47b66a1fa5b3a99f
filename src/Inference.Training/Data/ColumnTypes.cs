using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Inference.Training.Data;

/// <summary>
/// Decides what a column holds, by its distinct texts:
/// <list type="number">
/// <item>NA, N/A, NaN, null and None (in any case) beside numbers or times stand for missing ones.</item>
/// <item>All ISO 8601: timestamps. All whole numbers: integers, or timestamps where the name speaks of a time and all lie within the years 1973 to 2100. All numbers: reals. Zeros in front, as in postal
/// codes, make texts.</item>
/// <item>At least every twentieth row has a '|', and parts come at least twice on average: lists of categories.</item>
/// <item>At most 1,000 distinct texts, each for five rows or more on average (or no more than 50): categories.</item>
/// <item>Two words or more on average, in any script that parts them: text. Else categories.</item>
/// </list>
/// </summary>
internal static class ColumnTypes
{
    private const int MostCategories = 1000, FewCategories = 50;
    private const long FirstSecond = 100_000_000, LastSecond = 4_102_444_800;

    private static readonly string[] TimeWords = ["time", "date", "seen", "_at", "_on"];

    public static (ColumnType Type, TimestampForm Form) Infer(string name, ReadOnlySpan<int> codes, IdTable texts)
    {
        if (texts.Count == 0)
            return (ColumnType.Empty, TimestampForm.Unknown);
        if (InferNumber(name, texts) is { } number)
            return number;
        int rows = 0;
        int[] counts = new int[texts.Count];
        foreach (int code in codes)
        {
            if (code < 0)
                continue;
            counts[code]++;
            rows++;
        }

        if (IsList(counts, rows, texts))
            return (ColumnType.CategoryList, TimestampForm.Unknown);
        bool few = texts.Count <= FewCategories ? texts.Count * 2 <= rows || WordsPerText(texts) < 2 : texts.Count <= MostCategories && texts.Count * 5L <= rows;
        return (few || WordsPerText(texts) < 2 ? ColumnType.Category : ColumnType.Text, TimestampForm.Unknown);
    }

    /// <summary>Where numbers or times have texts beside them that stand for missing ones: gives their rows the number of an empty field, and the others new ones.</summary>
    /// <param name="codes">By row, the number of its text; changed.</param>
    /// <param name="texts">The texts.</param>
    /// <returns>The texts that are left.</returns>
    public static IdTable LeaveOutMissing(Span<int> codes, IdTable texts)
    {
        var left = new IdTable();
        int[] renumbered = new int[texts.Count];
        for (int i = 0; i < renumbered.Length; i++)
            renumbered[i] = StandsForMissing(texts.Bytes(i)) ? EntityColumn.Missing : left.Add(texts.Bytes(i));
        if (left.Count == texts.Count)
            return texts;
        foreach (ref int code in codes)
            code = code < 0 ? code : renumbered[code];
        return left;
    }

    private static (ColumnType, TimestampForm)? InferNumber(string name, IdTable texts)
    {
        bool any = false, iso = true, integer = true, real = true, seconds = true, milliseconds = true;
        for (int i = 0; i < texts.Count && (iso || real); i++)
        {
            ReadOnlySpan<byte> text = texts.Bytes(i);
            if (StandsForMissing(text))
                continue;
            any = true;
            iso = iso && Timestamps.TryRead(text, TimestampForm.Iso8601, out _);
            bool isInteger = Utf8Parser.TryParse(text, out long whole, out int used) && used == text.Length && !HasZeroInFront(text);
            integer &= isInteger;
            real = real && (isInteger || (Utf8Parser.TryParse(text, out double number, out used) && used == text.Length && double.IsFinite(number) && !HasZeroInFront(text)));
            seconds &= isInteger && whole is >= FirstSecond and <= LastSecond;
            milliseconds &= isInteger && whole is >= FirstSecond * 1000 and <= LastSecond * 1000;
        }

        if (!any)
            return null;
        if (iso)
            return (ColumnType.Timestamp, TimestampForm.Iso8601);
        if (integer && (seconds || milliseconds) && NamesTime(name))
            return (ColumnType.Timestamp, seconds ? TimestampForm.UnixSeconds : TimestampForm.UnixMilliseconds);
        return integer ? (ColumnType.Integer, TimestampForm.Unknown) : real ? (ColumnType.Real, TimestampForm.Unknown) : null;
    }

    /// <summary>Whether a text beside numbers or times says that there is none.</summary>
    private static bool StandsForMissing(ReadOnlySpan<byte> text) => text.Length is >= 2 and <= 4
        && (Ascii.EqualsIgnoreCase(text, "na"u8) || Ascii.EqualsIgnoreCase(text, "n/a"u8) || Ascii.EqualsIgnoreCase(text, "nan"u8) || Ascii.EqualsIgnoreCase(text, "null"u8) || Ascii.EqualsIgnoreCase(text, "none"u8));

    private static bool NamesTime(string name)
    {
        foreach (string word in TimeWords)
        {
            if (name.Contains(word, StringComparison.OrdinalIgnoreCase))
                return true;
        }

        return false;
    }

    private static bool HasZeroInFront(ReadOnlySpan<byte> text) => text.Length > 1 && text[0] == '0' && text[1] is >= (byte)'0' and <= (byte)'9';

    private static bool IsList(int[] counts, int rows, IdTable texts)
    {
        long withBar = 0, parts = 0;
        var distinct = new HashSet<string>(StringComparer.Ordinal);
        for (int i = 0; i < texts.Count; i++)
        {
            if (texts.Bytes(i).Contains((byte)'|'))
                withBar += counts[i];
        }

        if (withBar * 20 < rows || withBar == 0)
            return false;
        for (int i = 0; i < texts.Count; i++)
        {
            foreach (string part in texts[i].Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                parts += counts[i];
                distinct.Add(part);
            }
        }

        return distinct.Count * 2L <= parts;
    }

    private static double WordsPerText(IdTable texts)
    {
        long words = 0;
        for (int i = 0; i < texts.Count; i++)
        {
            bool inWord = false;
            ReadOnlySpan<byte> text = texts.Bytes(i);
            while (!text.IsEmpty)
            {
                Rune.DecodeFromUtf8(text, out Rune rune, out int length);
                text = text[length..];
                bool isWord = Rune.IsLetterOrDigit(rune) || Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark;
                words += isWord && !inWord ? 1 : 0;
                inWord = isWord;
            }
        }

        return (double)words / texts.Count;
    }
}
