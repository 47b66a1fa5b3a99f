using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Guards;

/// <summary>
/// Which groups of some floors each item of a catalogue is in: a table by row, filled as rows are asked for, so that a warm row costs one read and a load nothing. Safe for concurrent use.
/// </summary>
/// <remarks>
/// A cell holds the groups (bits 0 to 15), whether they are known (bit 16), and how often the row's content was replaced (bits 17 to 31). Whoever works groups out writes them only over the cell that was there before the content was read,
/// so groups of a content that was replaced meanwhile are not kept.
/// </remarks>
internal sealed class ItemGroups
{
    private const int PageBits = 10;
    private const int PageRows = 1 << PageBits;
    private const uint Known = 1u << ExposureFloors.Most;
    private const uint Groups = Known - 1;
    private const uint OneReplacement = Known << 1;

    private readonly ItemCatalogue _items;
    private readonly Lock _lock = new();
    private uint[]?[] _pages = [];

    public ItemGroups(ExposureFloors floors, ItemCatalogue items) => (Floors, _items) = (floors, items);

    /// <summary>What is asked for.</summary>
    public ExposureFloors Floors { get; }

    /// <summary>The groups of a row, a bit for each floor; new items are not among them.</summary>
    public uint Of(int row)
    {
        ref uint cell = ref CellOf(row);
        uint before = Volatile.Read(ref cell);
        if ((before & Known) != 0)
            return before & Groups;
        uint groups = Read(row);
        Interlocked.CompareExchange(ref cell, (before & ~Groups) | Known | groups, before);
        return groups;
    }

    /// <summary>The content of a row was replaced.</summary>
    public void Forget(int row)
    {
        uint[]?[] pages = Volatile.Read(ref _pages);
        if (row >> PageBits >= pages.Length || Volatile.Read(ref pages[row >> PageBits]) is not { } page)
            return;
        ref uint cell = ref page[row & (PageRows - 1)];
        uint before;
        do
            before = Volatile.Read(ref cell);
        while (Interlocked.CompareExchange(ref cell, (before & ~(Known | Groups)) + OneReplacement, before) != before);
    }

    private uint Read(int row)
    {
        uint groups = 0;
        for (int i = 0; i < Floors.Count; i++)
        {
            ExposureFloor floor = Floors.Floors[i];
            if (floor.IsOfNewItems)
                continue;
            if ((_items.TryGetAttribute(row, floor.Name, out FeatureValue value) || _items.TryGetFeature(row, floor.Name, out value)) && floor.Holds(value))
                groups |= 1u << i;
        }

        return groups;
    }

    private ref uint CellOf(int row)
    {
        int number = row >> PageBits;
        uint[]?[] pages = Volatile.Read(ref _pages);
        uint[] page = (number < pages.Length ? Volatile.Read(ref pages[number]) : null) ?? AddPage(number);
        return ref page[row & (PageRows - 1)];
    }

    private uint[] AddPage(int number)
    {
        lock (_lock)
        {
            if (number >= _pages.Length)
            {
                var more = new uint[]?[Math.Max(number + 1, _pages.Length * 2)];
                _pages.CopyTo(more, 0);
                Volatile.Write(ref _pages, more);
            }

            return _pages[number] ?? (_pages[number] = new uint[PageRows]);
        }
    }
}
