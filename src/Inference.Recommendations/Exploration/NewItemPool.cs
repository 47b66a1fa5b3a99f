namespace Inference.Recommendations.Exploration;

/// <summary>The items of one snapshot, at one moment, that slots are kept for because few users have been shown them. Immutable.</summary>
public sealed class NewItemPool
{
    private readonly int[] _rows;

    /// <param name="rows">Their rows, ascending.</param>
    public NewItemPool(ReadOnlySpan<int> rows) => _rows = rows.ToArray();

    /// <summary>No item is new.</summary>
    public static NewItemPool Empty { get; } = new([]);

    /// <summary>Rows, ascending.</summary>
    public ReadOnlySpan<int> Rows => _rows;
}
