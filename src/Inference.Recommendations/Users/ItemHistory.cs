using System.Collections;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Users;

/// <summary>
/// The ids of the items that a user of a bundle touched, latest last, as rows of its catalogue: an id is made when somebody asks for it, and not kept. Dozens of strings for each user that comes would be most of what the collector has to move.
/// Immutable. Safe for concurrent use.
/// </summary>
public sealed class ItemHistory : IReadOnlyList<string>
{
    private readonly ItemCatalogue _items;
    private readonly int[] _entries;
    private readonly string[] _others;

    /// <param name="items">Whose rows they are.</param>
    /// <param name="entries">Rows that the bundle brought; ~i for the i-th of <paramref name="others"/>. Passes to the history.</param>
    /// <param name="others">Ids that the catalogue lacked, or that nobody has looked up. Passes to the history.</param>
    internal ItemHistory(ItemCatalogue items, int[] entries, string[] others) => (_items, _entries, _others) = (items, entries, others);

    /// <inheritdoc/>
    public int Count => _entries.Length;

    /// <summary>An id, made anew by each call.</summary>
    /// <param name="index">0, the oldest, to Count - 1.</param>
    public string this[int index] => _entries[index] is >= 0 and var row ? _items.IdOf(row) : _others[~_entries[index]];

    /// <summary>Whether all are rows, so that nothing has to be looked up.</summary>
    internal bool IsAllRows => _others.Length == 0;

    /// <summary>Whether the rows are those of a catalogue.</summary>
    internal bool IsOf(ItemCatalogue items) => ReferenceEquals(_items, items);

    /// <summary>The characters of an id, without a string.</summary>
    internal ReadOnlySpan<char> CharactersOf(int index) => _entries[index] is >= 0 and var row ? _items.CharactersOf(row) : _others[~_entries[index]];

    /// <summary>The row of an item at a moment of the catalogue; false where it holds none then.</summary>
    internal bool TryGetRow(int index, CatalogueRows now, out int row)
    {
        row = _entries[index];
        return row >= 0 ? now.Contains(row) : _items.TryGetRow(_others[~row], now, out row);
    }

    /// <summary>The history that goes on with other items.</summary>
    /// <param name="later">Their ids, latest last.</param>
    public ItemHistory With(IReadOnlyCollection<string> later)
    {
        int[] entries = new int[_entries.Length + later.Count];
        _entries.CopyTo(entries, 0);
        for (int i = 0; i < later.Count; i++)
            entries[_entries.Length + i] = ~(_others.Length + i);
        return new ItemHistory(_items, entries, [.. _others, .. later]);
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (int i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
