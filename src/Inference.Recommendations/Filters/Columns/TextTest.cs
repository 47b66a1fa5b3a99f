using System.Runtime.Intrinsics;
using Inference.Recommendations.Filters.Syntax;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>A test of texts: which codes pass is worked out once for each different text, and a row costs one look at that table.</summary>
internal abstract class TextTest
{
    private byte[] _passing = new byte[1];

    /// <summary>The code that alone passes, for a comparison of whole vectors; 0 where others may.</summary>
    protected int OnlyCode { get; set; }

    /// <summary>Codes that the table knows, 1 to Known.</summary>
    protected int Known { get; private set; }

    /// <summary>Learns texts that came since.</summary>
    public void Learn(ColumnTexts texts)
    {
        if (texts.Count == Known)
            return;
        if (_passing.Length <= texts.Count)
            Array.Resize(ref _passing, Math.Max(texts.Count + 1, _passing.Length * 2));
        Learn(texts, _passing.AsSpan(0, texts.Count + 1));
        Known = texts.Count;
    }

    /// <summary>Adds the texts that pass.</summary>
    /// <param name="codes">At least 64 for each word.</param>
    /// <param name="words">A bit for each text.</param>
    public void AddTo(ReadOnlySpan<int> codes, Span<ulong> words)
    {
        Vector256<int> only = Vector256.Create(OnlyCode);
        for (int word = 0; word < words.Length; word++)
        {
            ReadOnlySpan<int> row = codes.Slice(word * 64, 64);
            ulong passed = 0;
            if (OnlyCode > 0)
            {
                for (int i = 0; i < 64; i += 8)
                    passed |= (ulong)Vector256.Equals(Vector256.Create(row.Slice(i, 8)), only).ExtractMostSignificantBits() << i;
            }
            else
            {
                for (int i = 0; i < row.Length; i++)
                    passed |= (ulong)_passing[row[i]] << i;
            }

            words[word] |= passed;
        }
    }

    /// <summary>Whether one of the texts passes.</summary>
    public bool PassesAny(ReadOnlySpan<int> codes)
    {
        foreach (int code in codes)
        {
            if (_passing[code] != 0)
                return true;
        }

        return false;
    }

    /// <summary>Fills the table for codes from <see cref="Known"/> + 1 on.</summary>
    protected abstract void Learn(ColumnTexts texts, Span<byte> passing);
}

/// <summary>Whether a text is one of some, letter by letter.</summary>
internal sealed class AnyTextTest(IEnumerable<string> wanted) : TextTest
{
    private readonly string[] _wanted = [.. wanted.Distinct(StringComparer.Ordinal)];

    protected override void Learn(ColumnTexts texts, Span<byte> passing)
    {
        foreach (string text in _wanted)
        {
            int code = texts.Find(text);
            if (code == 0)
                continue;
            passing[code] = 1;
            if (_wanted.Length == 1)
                OnlyCode = code;
        }
    }
}

/// <summary>How a text stands to another, by the numbers of its UTF-16 characters.</summary>
internal sealed class TextOrderTest(FilterComparison how, string bound) : TextTest
{
    protected override void Learn(ColumnTexts texts, Span<byte> passing)
    {
        for (int code = Known + 1; code < passing.Length; code++)
        {
            int order = string.CompareOrdinal(texts[code], bound);
            bool passes = how switch
            {
                FilterComparison.Less => order < 0,
                FilterComparison.LessOrEqual => order <= 0,
                FilterComparison.Greater => order > 0,
                _ => order >= 0,
            };
            passing[code] = passes ? (byte)1 : (byte)0;
        }
    }
}

/// <summary>Whether a text is "true" or "false" in any case.</summary>
internal sealed class BooleanTextTest(IReadOnlyList<bool> wanted) : TextTest
{
    protected override void Learn(ColumnTexts texts, Span<byte> passing)
    {
        for (int code = Known + 1; code < passing.Length; code++)
        {
            string text = texts[code];
            bool passes = (wanted.Contains(true) && text.Equals("true", StringComparison.OrdinalIgnoreCase)) || (wanted.Contains(false) && text.Equals("false", StringComparison.OrdinalIgnoreCase));
            passing[code] = passes ? (byte)1 : (byte)0;
        }
    }
}

/// <summary>Whether a text is a time that passes a test of seconds since 1970.</summary>
internal sealed class TimeTextTest(NumberTest test) : TextTest
{
    protected override void Learn(ColumnTexts texts, Span<byte> passing)
    {
        ReadOnlySpan<double> times = texts.Times();
        for (int code = Known + 1; code < passing.Length; code++)
            passing[code] = test.PassesAny(times.Slice(code, 1)) ? (byte)1 : (byte)0;
    }
}
