using System.Collections.Concurrent;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters.Syntax;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Filters.Columns;

/// <summary>
/// The columns of one catalogue, by attribute: made when a filter first names the attribute, off the request's thread and each once whoever asks; kept true by the writer; and let go, the one that was not used for longest, where
/// there is no room for all.
/// </summary>
/// <param name="items">The catalogue.</param>
/// <param name="contents">Its items' attributes.</param>
/// <param name="guard">The lock of <see cref="CatalogueFilters"/>. Where nothing else is said its owner has it for itself.</param>
/// <param name="changes">The changes of the catalogue.</param>
/// <param name="dropped">Is told when columns went; has the lock.</param>
internal sealed class CatalogueColumns(ItemCatalogue items, ItemContents contents, ReaderWriterLockSlim guard, RowChanges changes, Action dropped) : IDisposable
{
    /// <summary>Columns that are made at once: each reads all contents on a thread of the pool.</summary>
    private const int MostAtOnce = 2;

    private readonly ConcurrentDictionary<string, AttributeColumn> _columns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task>> _making = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _uses = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _turns = new(MostAtOnce);

    /// <summary>Rows that have content, up to the highest one: an item's content comes before the item is published.</summary>
    private int _contentRows;
    private volatile bool _ends;

    /// <summary>Changes when columns come or go.</summary>
    public int Epoch { get; private set; }

    public int Count => _columns.Count;

    public IReadOnlyDictionary<string, AttributeColumn> ByName => _columns;

    public long Bytes => _columns.Values.Sum(column => column.Bytes);

    /// <summary>Whether all attributes that a filter names and that any item has have a column. May be asked by anybody.</summary>
    public bool HasAll(ItemFilter filter)
    {
        foreach (AttributeName name in filter.Names)
        {
            if (Lacks(name.Name))
                return false;
        }

        return true;
    }

    /// <summary>Makes the columns that a filter lacks, in the background. Without the lock.</summary>
    public Task MakeAsync(ItemFilter filter, long mostBytes) => Task.WhenAll(filter.Names.Where(name => Lacks(name.Name)).Select(name => MakeAsync(name.Name, mostBytes)));

    /// <summary>Makes a column, where there is none and any item has the attribute. Without the lock.</summary>
    public void Make(string name, long mostBytes)
    {
        if (!Lacks(name))
            return;
        long since = changes.Count;
        AttributeColumn column = Read(name);
        guard.EnterWriteLock();
        try
        {
            if (_ends || _columns.ContainsKey(name))
                return;
            if (!changes.Knows(since))
                column = Read(name);
            for (long change = Math.Max(since, changes.Count - RowChanges.Kept); change < changes.Count; change++)
                column.Set(changes[change], ValueOf(changes[change], name));
            Keep(name, column, mostBytes);
        }
        finally
        {
            guard.ExitWriteLock();
        }
    }

    /// <summary>What a filter is about to read is there, also where it went since it was made, and stays for now.</summary>
    public void Use(ItemFilter filter, long use, long mostBytes)
    {
        foreach (AttributeName name in filter.Names)
        {
            if (Lacks(name.Name))
                Keep(name.Name, Read(name.Name), mostBytes, filter);
            _uses[name.Name] = use;
        }
    }

    /// <summary>Room for rows in the columns of a filter.</summary>
    public void EnsureRows(ItemFilter filter, int rows)
    {
        foreach (AttributeName name in filter.Names)
        {
            if (_columns.TryGetValue(name.Name, out AttributeColumn? column))
                column.EnsureRows(rows);
        }
    }

    /// <summary>The content of a row was replaced.</summary>
    public void Changed(int row)
    {
        _contentRows = Math.Max(_contentRows, row + 1);
        bool isWorn = false;
        foreach ((string name, AttributeColumn column) in _columns)
        {
            column.Set(row, ValueOf(row, name));
            isWorn |= column.IsWorn;
        }

        if (isWorn)
            Drop(column => column.IsWorn);
    }

    /// <summary>Ends what is being made, and waits for it: it looks at the contents, which go next, and stops within microseconds. Without the lock; nobody asks any more.</summary>
    public void Dispose()
    {
        _ends = true;
        foreach (Lazy<Task> making in _making.Values)
            ((IAsyncResult)making.Value).AsyncWaitHandle.WaitOne();
        _columns.Clear();
        _turns.Dispose();
    }

    private bool Lacks(string name) => !_columns.ContainsKey(name) && contents.Attributes.KindsOf(name) != AttributeKinds.None;

    private Task MakeAsync(string name, long mostBytes) =>
        _making.GetOrAdd(name, static (name, of) => new Lazy<Task>(() => Task.Run(() => of.Self.MakeInTurnAsync(name, of.MostBytes))), (Self: this, MostBytes: mostBytes)).Value;

    private async Task MakeInTurnAsync(string name, long mostBytes)
    {
        try
        {
            await _turns.WaitAsync();
            try
            {
                Make(name, mostBytes);
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            _making.TryRemove(name, out _);
        }
    }

    private AttributeColumn Read(string name)
    {
        const int batch = 4_096;
        int rows = Math.Max(items.Rows.RowCount, Volatile.Read(ref _contentRows));
        var column = new AttributeColumn(rows);
        for (int row = 0; row < rows; row++)
        {
            if (row % batch == 0 && _ends)
                break;
            if (contents.TryGetValue(row, name, out FeatureValue value))
                column.Set(row, value);
        }

        return column;
    }

    private FeatureValue ValueOf(int row, string name) => contents.TryGetValue(row, name, out FeatureValue value) ? value : default;

    /// <summary>Keeps a column, and lets go of those that were not used for longest where there is no room; never of one that <paramref name="user"/> is about to read.</summary>
    private void Keep(string name, AttributeColumn column, long mostBytes, ItemFilter? user = null)
    {
        _columns[name] = column;
        Epoch++;
        _uses[name] = long.MaxValue;
        long bytes = Bytes;
        while (bytes > mostBytes)
        {
            string? oldest = _columns.Keys.Where(other => other != name && user?.Names.Any(read => read.Name == other) != true).MinBy(other => _uses.GetValueOrDefault(other));
            if (oldest is null)
                return;
            AttributeColumn gone = _columns[oldest];
            bytes -= gone.Bytes;
            Drop(other => ReferenceEquals(other, gone));
        }
    }

    private void Drop(Func<AttributeColumn, bool> isDropped)
    {
        foreach ((string name, AttributeColumn column) in _columns)
        {
            if (isDropped(column))
                _columns.TryRemove(name, out _);
        }

        Epoch++;
        dropped();
    }
}
