using System.Buffers.Text;

namespace Inference.Training.Data;

/// <summary>A column of a table of users or items: distinct texts, and per row the number of its text.</summary>
public sealed class EntityColumn
{
    /// <summary>Number of a field that is empty, or stands for a missing number or time.</summary>
    public const int Missing = -1;

    private readonly int[] _codes;
    private readonly IdTable _texts;
    private readonly TimestampForm _form;

    internal EntityColumn(string name, int[] codes, IdTable texts)
    {
        Name = name;
        (Type, _form) = ColumnTypes.Infer(name, codes, texts);
        _codes = codes;
        _texts = Type is ColumnType.Integer or ColumnType.Real or ColumnType.Timestamp ? ColumnTypes.LeaveOutMissing(codes, texts) : texts;
        foreach (int code in codes)
            MissingCount += code == Missing ? 1 : 0;
    }

    public string Name { get; }

    public ColumnType Type { get; }

    /// <summary>Number of rows.</summary>
    public int Count => _codes.Length;

    /// <summary>Number of distinct texts that are not missing.</summary>
    public int DistinctCount => _texts.Count;

    /// <summary>Number of missing fields.</summary>
    public int MissingCount { get; }

    /// <summary>By row, the number of its text, 0 to <see cref="DistinctCount"/>, or <see cref="Missing"/>.</summary>
    public ReadOnlySpan<int> Codes => _codes;

    /// <summary>A distinct text by number.</summary>
    public string TextOf(int code) => _texts[code];

    /// <summary>A distinct text of a <see cref="ColumnType.Integer"/> as a number.</summary>
    public long IntegerOf(int code) =>
        Utf8Parser.TryParse(_texts.Bytes(code), out long number, out _) ? number : throw new FormatException($"'{_texts[code]}' of the column '{Name}' is no whole number.");

    /// <summary>A distinct text of a <see cref="ColumnType.Integer"/> or <see cref="ColumnType.Real"/> as a number.</summary>
    public double NumberOf(int code) =>
        Utf8Parser.TryParse(_texts.Bytes(code), out double number, out _) ? number : throw new FormatException($"'{_texts[code]}' of the column '{Name}' is no number.");

    /// <summary>A distinct text of a <see cref="ColumnType.Timestamp"/> as milliseconds since 1970.</summary>
    public long MillisecondsOf(int code) =>
        Timestamps.TryRead(_texts.Bytes(code), _form, out long time) ? time : throw new FormatException($"'{_texts[code]}' of the column '{Name}' is no time.");

    /// <summary>The text of a row; null when it is missing.</summary>
    public string? this[int row] => _codes[row] == Missing ? null : _texts[_codes[row]];

    /// <summary>The categories of a distinct text of a <see cref="ColumnType.CategoryList"/>, each once, in their order.</summary>
    public string[] ListOf(int code) => [.. _texts[code].Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct(StringComparer.Ordinal)];
}
