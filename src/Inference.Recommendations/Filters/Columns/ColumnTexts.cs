using Inference.Recommendations.Filters.Syntax;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>The different texts of a column. A text has the same code, from 1, for the life of the column; 0 stands for none.</summary>
internal sealed class ColumnTexts
{
    private readonly TextTable _texts = new();
    private double[] _times = [];
    private int _timed;

    /// <summary>Codes that there are: 1 to Count.</summary>
    public int Count => _texts.Count;

    /// <summary>Bytes of the characters.</summary>
    public long Bytes { get; private set; }

    public string this[int code] => _texts.TextOf(code - 1);

    /// <summary>The code of a text; 0 where it has none.</summary>
    public int Find(string text) => _texts.NumberOf(text) + 1;

    public int Code(string text)
    {
        int code = Find(text);
        if (code > 0)
            return code;
        // An object, its reference, two places of the table.
        Bytes += 48 + (2L * text.Length);
        return _texts.Add(text) + 1;
    }

    /// <summary>By code: seconds since 1970 where the text is a time, otherwise NaN.</summary>
    public ReadOnlySpan<double> Times()
    {
        if (_times.Length <= Count)
            Array.Resize(ref _times, Math.Max(Count + 1, _times.Length * 2));
        _times[0] = double.NaN;
        for (; _timed < Count; _timed++)
            FilterTimes.TryRead(this[_timed + 1], out _times[_timed + 1]);
        return _times.AsSpan(0, Count + 1);
    }
}
