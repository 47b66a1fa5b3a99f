using Inference.Recommendations.Features;
using Inference.Recommendations.Filters.Columns;

namespace Inference.Recommendations.Snapshots;

/// <summary>Titles, features and attributes of all items by row, each item as one run of bytes (<see cref="ItemContentFormat"/>).</summary>
/// <remarks>
/// Those that a bundle brings lie behind one another in native memory, so that a million items are no object of the collector's. Content that is set later is an array of its own, which goes
/// when it is replaced. One writer at a time; readers never wait. Whoever has the contents disposes them once nobody reads: the snapshot does.
/// </remarks>
public sealed class ItemContents : IDisposable
{
    private const int PageBits = 10;
    private const int PageRows = 1 << PageBits;

    private readonly ItemContentFormat _format = new();
    private readonly ItemContentWriter _writer;
    private readonly RecordStore _records = new();
    private readonly List<long> _places;
    private byte[]?[]?[] _pages = [];

    /// <param name="expected">About how many items the bundle has: room is made for them at once.</param>
    public ItemContents(int expected = 0)
    {
        _places = new List<long>(expected);
        _writer = new ItemContentWriter(_format);
        Attributes = new ItemAttributes(_format);
    }

    /// <summary>The names that contents have had, and of which kinds.</summary>
    public ItemAttributes Attributes { get; }

    /// <summary>Rows with content from the bundle; all others have what was set, or none.</summary>
    public int Count => _places.Count;

    /// <summary>Bytes of what the bundle brought.</summary>
    public long Bytes => _records.Bytes + ((long)_places.Capacity * sizeof(long));

    /// <summary>Adds the content of the next row of the bundle. Before the first reader.</summary>
    public void Add(ItemContent content) => Add(_writer.Write(content));

    /// <summary>Adds what was written as the content of the next row of the bundle. Before the first reader.</summary>
    /// <param name="writer">From <see cref="NewWriter"/>.</param>
    public void Add(ItemContentWriter writer) => Add(writer.End());

    /// <summary>Makes a writer for contents of the bundle.</summary>
    public ItemContentWriter NewWriter() => new(_format);

    /// <summary>Gives back what is reserved for more rows. After the last one was added.</summary>
    public void Trim()
    {
        // A tenth too much is not worth a second array of this size.
        if (_places.Capacity - _places.Count > _places.Count / 10)
            _places.TrimExcess();
    }

    /// <summary>Replaces the content of a row, of the bundle or not.</summary>
    public void Set(int row, ItemContent content)
    {
        int page = row >> PageBits;
        if (page >= _pages.Length)
        {
            byte[]?[]?[] larger = new byte[]?[]?[Math.Max(page + 1, _pages.Length * 2)];
            _pages.CopyTo(larger, 0);
            Volatile.Write(ref _pages, larger);
        }

        byte[]?[] rows = _pages[page] ?? new byte[]?[PageRows];
        Volatile.Write(ref rows[row & (PageRows - 1)], _writer.Write(content).ToArray());
        Volatile.Write(ref _pages[page], rows);
    }

    /// <summary>Everything about a row; nothing for a row that has none.</summary>
    public ItemContent this[int row]
    {
        get
        {
            ItemContent content = _format.Read(Of(row));
            GC.KeepAlive(_records);
            return content;
        }
    }

    /// <summary>The title of a row.</summary>
    public string? TitleOf(int row)
    {
        string? title = ItemContentFormat.ReadTitle(Of(row));
        GC.KeepAlive(_records);
        return title;
    }

    /// <summary>One feature of a row, without looking at more of the others than has to be.</summary>
    internal bool TryGetFeature(int row, string name, out FeatureValue value)
    {
        bool isThere = _format.TryReadFeature(Of(row), name, out value);
        GC.KeepAlive(_records);
        return isThere;
    }

    /// <summary>One attribute of a row, without looking at more of the others than has to be.</summary>
    public bool TryGetAttribute(int row, string name, out FeatureValue value)
    {
        bool isThere = _format.TryReadAttribute(Of(row), name, out value);
        GC.KeepAlive(_records);
        return isThere;
    }

    /// <summary>One attribute of a row, or where it has none the feature of that name.</summary>
    internal bool TryGetValue(int row, string name, out FeatureValue value)
    {
        ReadOnlySpan<byte> record = Of(row);
        bool isThere = _format.TryReadAttribute(record, name, out value) || _format.TryReadFeature(record, name, out value);
        GC.KeepAlive(_records);
        return isThere;
    }

    /// <summary>Frees what the bundle brought. Nobody reads any more.</summary>
    public void Dispose() => _records.Dispose();

    private void Add(ReadOnlySpan<byte> record) => _places.Add(_records.Add(record));

    /// <summary>The record of a row; whoever reads it keeps <see cref="_records"/> alive meanwhile.</summary>
    private ReadOnlySpan<byte> Of(int row)
    {
        byte[]?[]?[] pages = Volatile.Read(ref _pages);
        if (row >> PageBits < pages.Length && Volatile.Read(ref pages[row >> PageBits]) is { } rows && Volatile.Read(ref rows[row & (PageRows - 1)]) is { } set)
            return set;
        return row < _places.Count ? _records.At(_places[row]) : default;
    }
}
