using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters;
using Inference.Recommendations.Guards;

namespace Inference.Recommendations.Snapshots;

/// <summary>The items of a snapshot: ids, titles, features and attributes by row, rows by id. A row is an item's place in the index.</summary>
/// <remarks>
/// <para>A row belongs to one id for the life of the snapshot. New items get the next row; a replaced item keeps its own; a deleted item's row is kept for it and holds nothing until the
/// item comes back. What holds an item is in <see cref="Rows"/>, which is replaced in one step by each change, so whoever reads it once sees one moment.</para>
/// <para>Any number of readers, who never wait; changes are <see cref="CatalogueEditor"/>'s, one at a time.</para>
/// </remarks>
public sealed class ItemCatalogue : IDisposable
{
    private const int PageBits = 10;
    private const int PageRows = 1 << PageBits;

    private readonly ItemIds _bundle;
    private AttributeValues? _values;
    private readonly ConcurrentDictionary<string, int> _addedRows = new(StringComparer.Ordinal);
    private readonly ItemContents _contents;
    private string[][] _addedIds = [];
    private CatalogueRows _rows;
    private ItemGroups? _groups;
    private readonly ConcurrentDictionary<string, AttributeNumbers> _numbers = new(StringComparer.Ordinal);

    /// <param name="ids">Item ids by row; not empty, no two equal.</param>
    /// <param name="titles">Titles by row, null where an item has none.</param>
    /// <exception cref="ArgumentException">The lengths differ, or an id is empty or there twice.</exception>
    public ItemCatalogue(IReadOnlyList<string> ids, IReadOnlyList<string?> titles)
        : this(ids, ContentsOf(titles))
    {
    }

    /// <param name="ids">Item ids by row; not empty, no two equal.</param>
    /// <param name="contents">What is known of the items, by row. Passes to the catalogue.</param>
    /// <exception cref="ArgumentException">The lengths differ, or an id is empty or there twice.</exception>
    public ItemCatalogue(IReadOnlyList<string> ids, ItemContents contents)
        : this(IdsOf(ids), contents)
    {
    }

    /// <param name="ids">Item ids by row. Pass to the catalogue.</param>
    /// <param name="contents">What is known of the items, by row. Passes to the catalogue.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public ItemCatalogue(ItemIds ids, ItemContents contents)
    {
        if (ids.Count != contents.Count)
            throw new ArgumentException($"{ids.Count} ids but the contents of {contents.Count} items.", nameof(contents));
        _bundle = ids;
        _contents = contents;
        _rows = new CatalogueRows(ids.Count, ids.Count, []);
        Filters = new CatalogueFilters(this, contents);
        ValueLists = new CatalogueValueLists(this);
    }

    /// <summary>Frees what is known of the items. Nobody reads any more; ids and rows stay.</summary>
    public void Dispose()
    {
        Filters.Dispose();
        ValueLists.Dispose();
        _contents.Dispose();
    }

    /// <summary>Which rows filters select, kept true while items come and go.</summary>
    public CatalogueFilters Filters { get; }

    /// <summary>The items by value of attributes, for the retrievers that go by them.</summary>
    internal CatalogueValueLists ValueLists { get; }

    /// <summary>Which rows hold an item now.</summary>
    public CatalogueRows Rows => Volatile.Read(ref _rows);

    /// <summary>Items.</summary>
    public int Count => Rows.Count;

    /// <summary>Rows that the bundle brought, 0 to BundleRows - 1: those that its towers know by number.</summary>
    public int BundleRows => _bundle.Count;

    /// <summary>The id that a row belongs to, whether or not it holds the item.</summary>
    public string IdOf(int row)
    {
        if (row < _bundle.Count)
            return _bundle[row];
        int added = row - _bundle.Count;
        return Volatile.Read(ref _addedIds)[added >> PageBits][added & (PageRows - 1)];
    }

    /// <summary>The characters of the id of a row.</summary>
    internal ReadOnlySpan<char> CharactersOf(int row) => row < _bundle.Count ? _bundle.CharactersOf(row) : IdOf(row);

    /// <summary>The title that a row has, or had when its item was deleted.</summary>
    public string? TitleOf(int row) => _contents.TitleOf(row);

    /// <summary>What is known of the item of a row, or was when it was deleted. Made anew by each call.</summary>
    public ItemContent ContentOf(int row) => _contents[row];

    /// <summary>One attribute of a row, without making the others.</summary>
    public bool TryGetAttribute(int row, string name, out FeatureValue value) => _contents.TryGetAttribute(row, name, out value);

    /// <summary>One feature of a row, without making the others.</summary>
    public bool TryGetFeature(int row, string name, out FeatureValue value) => _contents.TryGetFeature(row, name, out value);

    /// <summary>The values of an attribute, or of a feature where no item has the attribute, as numbers by row; kept once asked for. Only for names of the catalogue, so that nobody fills the memory with others.</summary>
    internal AttributeNumbers NumbersOf(string name) => _numbers.TryGetValue(name, out AttributeNumbers? values) ? values : _numbers.GetOrAdd(name, new AttributeNumbers(name, this));

    /// <summary>Which groups of some floors each row is in; the table is kept for those that were asked for last.</summary>
    internal ItemGroups GroupsOf(ExposureFloors floors)
    {
        while (true)
        {
            ItemGroups? groups = Volatile.Read(ref _groups);
            if (groups is not null && groups.Floors.IsSame(floors))
                return groups;
            var made = new ItemGroups(floors, this);
            if (Interlocked.CompareExchange(ref _groups, made, groups) == groups)
                return made;
        }
    }

    /// <summary>Distinct values of an attribute, counted up to a number.</summary>
    internal int ValuesOf(string attribute, int most) =>
        (Volatile.Read(ref _values) ?? Interlocked.CompareExchange(ref _values, new AttributeValues(this), null) ?? _values)!.CountOf(attribute, most);

    /// <summary>The row of an item that is there now.</summary>
    public bool TryGetRow([NotNullWhen(true)] string? id, out int row) => TryGetRow(id, Rows, out row);

    /// <summary>The row of an item that was there at a moment.</summary>
    public bool TryGetRow([NotNullWhen(true)] string? id, CatalogueRows moment, out int row) => TryFindRow(id, moment.RowCount, out row) && moment.Contains(row);

    /// <summary>The row that an item of the bundle has, whether or not it was deleted since: the towers know it either way.</summary>
    public bool TryGetBundleRow([NotNullWhen(true)] string? id, out int row)
    {
        row = -1;
        return id is not null && _bundle.TryGetRow(id, out row);
    }

    /// <summary>The row that the bundle gave to an id, for readers of files who have no string of it.</summary>
    public bool TryGetBundleRow(ReadOnlySpan<char> id, out int row) => _bundle.TryGetRow(id, out row);

    /// <summary>The features of a row one by one, without a dictionary for each row: for whoever reads many rows, one after the other.</summary>
    public ItemFeatures Features() => new(_contents);

    /// <summary>The row that belongs to an id, whether or not it holds the item or is published. The writer's.</summary>
    internal bool TryFindRow(string id, out int row) => TryFindRow(id, int.MaxValue, out row);

    /// <summary>Gives a row to a new id. Nobody finds it until <see cref="Publish"/>.</summary>
    internal void Reserve(int row, string id)
    {
        int added = row - _bundle.Count, page = added >> PageBits;
        if (page == _addedIds.Length)
            Volatile.Write(ref _addedIds, [.. _addedIds, new string[PageRows]]);
        _addedIds[page][added & (PageRows - 1)] = id;
        _addedRows[id] = row;
    }

    /// <summary>Sets what is known of the item of a row.</summary>
    internal void SetContent(int row, ItemContent content)
    {
        _contents.Set(row, content);
        // Whoever publishes a table after this reads the new content.
        Interlocked.MemoryBarrier();
        Volatile.Read(ref _groups)?.Forget(row);
        Filters.Changed(row);
        foreach (KeyValuePair<string, AttributeNumbers> numbers in _numbers)
            numbers.Value.Forget(row);
    }

    /// <summary>Makes changes visible, all in one step.</summary>
    /// <param name="added">Rows that were reserved behind the last one.</param>
    /// <param name="deleted">Rows that hold an item, and none from now on; no two equal.</param>
    /// <param name="restored">Rows that hold none, and one from now on; no two equal.</param>
    internal void Publish(int added, ReadOnlySpan<int> deleted, ReadOnlySpan<int> restored)
    {
        CatalogueRows before = _rows;
        Volatile.Write(ref _rows, before.With(added, deleted, restored));
        Filters.Moved(before.RowCount, added, deleted, restored);
    }

    private static ItemIds IdsOf(IReadOnlyList<string> ids)
    {
        var rows = new ItemIds(ids.Count);
        for (int row = 0; row < ids.Count; row++)
        {
            if (string.IsNullOrEmpty(ids[row]))
                throw new ArgumentException($"Row {row} has an empty id.", nameof(ids));
            if (!rows.TryAdd(ids[row], out int first))
                throw new ArgumentException($"Rows {first} and {row} have the same id '{ids[row]}'.", nameof(ids));
        }

        return rows;
    }

    private static ItemContents ContentsOf(IReadOnlyList<string?> titles)
    {
        var contents = new ItemContents();
        foreach (string? title in titles)
            contents.Add(ItemContent.Empty with { Title = title });
        contents.Trim();
        return contents;
    }

    private bool TryFindRow([NotNullWhen(true)] string? id, int rowCount, out int row)
    {
        row = -1;
        return id is not null && (_bundle.TryGetRow(id, out row) || (rowCount > _bundle.Count && _addedRows.TryGetValue(id, out row)));
    }
}
