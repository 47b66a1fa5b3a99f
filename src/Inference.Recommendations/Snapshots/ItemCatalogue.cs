using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;

namespace Inference.Recommendations.Snapshots;

/// <summary>The items of a snapshot: ids and titles by row, rows by id. A row is an item's place in the index, 0 to Count - 1.</summary>
public sealed class ItemCatalogue
{
    private readonly string[] _ids;
    private readonly string?[] _titles;
    private readonly FrozenDictionary<string, int> _rows;

    /// <param name="ids">Item ids by row; not empty, no two equal.</param>
    /// <param name="titles">Titles by row, null where an item has none.</param>
    /// <exception cref="ArgumentException">The lengths differ, or an id is empty or there twice.</exception>
    public ItemCatalogue(IReadOnlyList<string> ids, IReadOnlyList<string?> titles)
    {
        if (ids.Count != titles.Count)
            throw new ArgumentException($"{ids.Count} ids but {titles.Count} titles.", nameof(titles));
        var rows = new Dictionary<string, int>(ids.Count, StringComparer.Ordinal);
        for (int row = 0; row < ids.Count; row++)
        {
            if (string.IsNullOrEmpty(ids[row]))
                throw new ArgumentException($"Row {row} has an empty id.", nameof(ids));
            if (!rows.TryAdd(ids[row], row))
                throw new ArgumentException($"Rows {rows[ids[row]]} and {row} have the same id '{ids[row]}'.", nameof(ids));
        }

        _ids = [.. ids];
        _titles = [.. titles];
        _rows = rows.ToFrozenDictionary(StringComparer.Ordinal);
    }

    public int Count => _ids.Length;

    public string IdOf(int row) => _ids[row];

    public string? TitleOf(int row) => _titles[row];

    public bool TryGetRow([NotNullWhen(true)] string? id, out int row)
    {
        row = -1;
        return id is not null && _rows.TryGetValue(id, out row);
    }
}
