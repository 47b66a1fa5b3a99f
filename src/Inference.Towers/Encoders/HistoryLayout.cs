using Inference.Towers.Manifests;

namespace Inference.Towers.Encoders;

/// <summary>How a history becomes the columns of a row; all history inputs of a tower share it, so their columns agree.</summary>
internal sealed class HistoryLayout
{
    /// <summary>Longest history that a manifest may ask for.</summary>
    public const int LongestAllowed = 10_000;

    private readonly bool _keepFirst;
    private readonly bool _latestFirst;
    private readonly bool _padLeft;

    /// <param name="manifest">A layout without errors.</param>
    /// <param name="fixedLength">The number of columns that the graph demands; null when it takes any.</param>
    public HistoryLayout(HistoryManifest manifest, int? fixedLength)
    {
        MaxLength = manifest.MaxLength ?? throw new ArgumentException("The layout has no length.", nameof(manifest));
        _keepFirst = manifest.Keep == "first";
        _latestFirst = manifest.Order == "latest_first";
        _padLeft = manifest.PadSide == "left";
        FixedLength = fixedLength ?? (manifest.PadTo == "max_length" ? MaxLength : null);
    }

    /// <summary>Most items that the tower is given.</summary>
    public int MaxLength { get; }

    /// <summary>The one number of columns that the tower takes; null when it takes any.</summary>
    public int? FixedLength { get; }

    /// <summary>The part of a history, latest last, that the tower is given.</summary>
    public ReadOnlySpan<int> Trim(ReadOnlySpan<int> history)
    {
        if (history.Length <= MaxLength)
            return history;
        return _keepFirst ? history[..MaxLength] : history[^MaxLength..];
    }

    /// <summary>The column of a trimmed history's first item; the others follow without a gap.</summary>
    public int FirstColumn(int items, int columns) => _padLeft ? columns - items : 0;

    /// <summary>Which item of a trimmed history stands at a place.</summary>
    public int ItemAt(int place, int items) => _latestFirst ? items - 1 - place : place;

    public static void Check(HistoryManifest history, SpecCheck check)
    {
        if (history.MaxLength is null)
            check.Error("'max_length' is missing: the most items that the model takes.");
        check.InRange(history.MaxLength, "max_length", 1, LongestAllowed);
        check.OneOf(history.Keep, "keep", "latest", "first");
        check.OneOf(history.Order, "order", "oldest_first", "latest_first");
        check.OneOf(history.PadSide, "pad_side", "right", "left");
        check.OneOf(history.PadTo, "pad_to", "longest", "max_length");
    }
}
