using System.Collections.Concurrent;
using Inference.Recommendations.Features;

namespace Inference.Recommendations.Snapshots;

/// <summary>The values of one attribute of a catalogue as numbers: a table by row, filled as rows are asked for, so that a warm row costs one read and a load nothing. Safe for concurrent use.</summary>
/// <remarks>
/// A cell holds the number in its lower half and how often the row's content was replaced in its upper one. Whoever reads a content writes its number only over the cell that was there before, so a number of a content
/// that was replaced meanwhile is not kept.
/// </remarks>
internal sealed class AttributeNumbers(string name, ItemCatalogue items)
{
    /// <summary>The number of an item without the attribute. Single values have larger numbers, lists negative ones.</summary>
    public const int Nothing = 1;

    private const int Unknown = 0;
    private const int PageBits = 10;
    private const int PageRows = 1 << PageBits;
    private const long OneReplacement = 1L << 32;

    private readonly ConcurrentDictionary<FeatureValue, int> _numbers = new();
    private readonly Lock _lock = new();
    private long[]?[] _pages = [];
    private readonly Dictionary<int[], int> _numbersOfLists = new(ListEquality.Instance);
    private int[][] _lists = [];
    private int _listCount;

    /// <summary>Different lists that are kept.</summary>
    public int Lists => Volatile.Read(ref _listCount);

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>The number of a row's value: <see cref="Nothing"/>, that of a single value, or below 0 for a list.</summary>
    public int Of(int row)
    {
        ref long cell = ref CellOf(row);
        long before = Volatile.Read(ref cell);
        if ((int)before != Unknown)
            return (int)before;
        int number = Read(row);
        Interlocked.CompareExchange(ref cell, (before & ~0xFFFF_FFFFL) | (uint)number, before);
        return number;
    }

    /// <summary>The different values behind a number, each as the number that it has alone; empty for <see cref="Nothing"/>.</summary>
    /// <param name="number">From <see cref="Of"/>.</param>
    public ReadOnlySpan<int> In(in int number) => number < 0 ? Volatile.Read(ref _lists)[~number] : number > Nothing ? new ReadOnlySpan<int>(in number) : default;

    /// <summary>Whether two numbers have a value in common.</summary>
    public bool Share(int a, int b)
    {
        if (a >= 0 && b >= 0)
            return a == b && a > Nothing;
        foreach (int value in In(a))
        {
            if (In(b).Contains(value))
                return true;
        }

        return false;
    }

    /// <summary>The content of a row was replaced.</summary>
    public void Forget(int row)
    {
        long[]?[] pages = Volatile.Read(ref _pages);
        if (row >> PageBits >= pages.Length || Volatile.Read(ref pages[row >> PageBits]) is not { } page)
            return;
        ref long cell = ref page[row & (PageRows - 1)];
        long before;
        do
            before = Volatile.Read(ref cell);
        while (Interlocked.CompareExchange(ref cell, (before & ~0xFFFF_FFFFL) + OneReplacement, before) != before);
    }

    private int Read(int row)
    {
        if (!items.TryGetAttribute(row, name, out FeatureValue value) && !items.TryGetFeature(row, name, out value))
            return Nothing;
        switch (value.Kind)
        {
            case FeatureKind.TextList:
                return ListOf(value.TextList, FeatureValue.Of);
            case FeatureKind.IntegerList:
                return ListOf(value.IntegerList, FeatureValue.Of);
            case FeatureKind.NumberList:
                return ListOf(value.NumberList, FeatureValue.Of);
            case FeatureKind.None:
                return Nothing;
            default:
                return NumberOf(value);
        }
    }

    private int ListOf<T>(IReadOnlyList<T> values, Func<T, FeatureValue> single)
    {
        var numbers = new List<int>(values.Count);
        for (int i = 0; i < values.Count; i++)
        {
            int number = NumberOf(single(values[i]));
            if (!numbers.Contains(number))
                numbers.Add(number);
        }

        if (numbers.Count < 2)
            return numbers.Count == 0 ? Nothing : numbers[0];
        int[] list = [.. numbers];
        lock (_lock)
        {
            if (_numbersOfLists.TryGetValue(list, out int known))
                return known;
            if (_listCount == _lists.Length)
            {
                var more = new int[Math.Max(64, _listCount * 2)][];
                _lists.CopyTo(more, 0);
                Volatile.Write(ref _lists, more);
            }

            _lists[_listCount] = list;
            return _numbersOfLists[list] = ~_listCount++;
        }
    }

    private int NumberOf(FeatureValue value)
    {
        if (_numbers.TryGetValue(value, out int number))
            return number;
        lock (_lock)
            return _numbers.GetOrAdd(value, _numbers.Count + Nothing + 1);
    }

    private ref long CellOf(int row)
    {
        int number = row >> PageBits;
        long[]?[] pages = Volatile.Read(ref _pages);
        long[] page = (number < pages.Length ? Volatile.Read(ref pages[number]) : null) ?? AddPage(number);
        return ref page[row & (PageRows - 1)];
    }

    private long[] AddPage(int number)
    {
        lock (_lock)
        {
            if (number >= _pages.Length)
            {
                var more = new long[]?[Math.Max(number + 1, _pages.Length * 2)];
                _pages.CopyTo(more, 0);
                Volatile.Write(ref _pages, more);
            }

            return _pages[number] ?? (_pages[number] = new long[PageRows]);
        }
    }

    /// <summary>The same numbers in the same order.</summary>
    private sealed class ListEquality : IEqualityComparer<int[]>
    {
        public static ListEquality Instance { get; } = new();

        public bool Equals(int[]? x, int[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(int[] obj)
        {
            var hash = new HashCode();
            hash.AddBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(obj.AsSpan()));
            return hash.ToHashCode();
        }
    }
}
