using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Features;
using Inference.Recommendations.Filters.Columns;
using Inference.Recommendations.Filters.Syntax;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Filters;

/// <summary>
/// The rows that filters select in one catalogue, while items come and go.
/// <list type="number">
/// <item>rows that are kept and know all changes are handed out without waiting for anybody</item>
/// <item>attributes that the filter names and that have no column yet get one, off the request's thread, each once whoever asks</item>
/// <item>rows that are kept and know fewer changes are copied, and the changed ones tested again</item>
/// <item>otherwise all rows are tested, 4,096 at a time</item>
/// </list>
/// One filter is tested at a time, so that strange filters cannot take more than a core from those that are kept. Safe for concurrent use.
/// </summary>
/// <remarks>The writer of the catalogue tells of each row after it changed (<see cref="Changed(int)"/>); who asks after that is answered with it.</remarks>
public sealed class CatalogueFilters : IDisposable
{
    /// <summary>Texts of filters that were read and fit, for each filter whose rows may be kept.</summary>
    private const int ReadPerEntry = 4;

    private readonly ItemCatalogue _items;
    private readonly ItemContents _contents;
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<string, ItemFilter> _read = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, AttributeColumn> _columns = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Lazy<Task>> _making = new(StringComparer.Ordinal);
    private readonly Dictionary<string, long> _columnUses = new(StringComparer.Ordinal);
    private readonly RowChanges _changes = new();
    private long _uses;
    private volatile bool _disposed;

    internal CatalogueFilters(ItemCatalogue items, ItemContents contents)
    {
        _items = items;
        _contents = contents;
    }

    /// <summary>What is kept, and for how long. Set before the first request.</summary>
    public FilterOptions Options { get; set; } = new();

    /// <summary>The attributes that filters may name.</summary>
    public ItemAttributes Attributes => _contents.Attributes;

    /// <summary>Bytes of the columns.</summary>
    public long ColumnBytes
    {
        get
        {
            lock (_lock)
                return _columns.Values.Sum(column => column.Bytes);
        }
    }

    /// <summary>Reads a filter and checks that it fits this catalogue; what was read before costs a look-up.</summary>
    public bool TryRead(string text, [NotNullWhen(true)] out ItemFilter? filter, [NotNullWhen(false)] out FilterError? error)
    {
        error = null;
        if (_read.TryGetValue(text, out filter))
            return true;
        if (!ItemFilter.TryParse(text, out filter, out error))
            return false;
        if ((error = filter.Check(Attributes)) is not null)
        {
            // Nothing is known of items that are still to come, and there is nothing to show.
            if (_items.Count == 0)
            {
                error = null;
                return true;
            }

            filter = null;
            return false;
        }

        // Attributes never go, so what fits once fits always.
        if (_read.Count >= Options.CacheEntries * ReadPerEntry)
            _read.Clear();
        filter = _read.GetOrAdd(text, filter);
        return true;
    }

    /// <summary>The rows that a filter selects. Attributes that no item has are missing on all.</summary>
    /// <param name="filter">Any filter; it need not fit.</param>
    /// <param name="now">What <c>now()</c> is, to the grain.</param>
    /// <param name="cancellationToken">Gives up waiting for columns.</param>
    public ValueTask<FilterLookup> FindAsync(ItemFilter filter, DateTimeOffset now, CancellationToken cancellationToken)
    {
        long moment = MomentOf(filter, now);
        if (TryGetKept(filter, moment) is { } kept)
            return new ValueTask<FilterLookup>(new FilterLookup(kept, FilterLookupKind.Hit));
        return HasColumns(filter) ? new ValueTask<FilterLookup>(Find(filter, moment)) : MakeAndFindAsync(filter, moment, cancellationToken);
    }

    /// <summary>Takes the options, checks the filter that every request has, and makes the columns that are to be there before the first request, on the caller's thread. Names that no item has are left out.</summary>
    public FilterPreparation Prepare(FilterOptions options, CancellationToken cancellationToken)
    {
        Options = options;
        ItemFilter? always = options.AlwaysFilter();
        if (always is not null && FilterCheck.RunOnKnown(always, Attributes) is { } error)
            return new FilterPreparation(error, []);
        string[] read = [.. (always?.Names ?? []).Select(name => name.Name).Distinct(StringComparer.Ordinal)];
        string[] wanted = options.Columns.Contains("*", StringComparer.Ordinal) ? [.. Attributes.Names] : [.. options.Columns];
        foreach (string name in read.Union(wanted, StringComparer.Ordinal))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!_columns.ContainsKey(name) && Attributes.KindsOf(name) != AttributeKinds.None)
                Make(name);
        }

        return new FilterPreparation(null, [.. read.Where(name => Attributes.KindsOf(name) == AttributeKinds.None)]);
    }

    /// <summary>Ends what is being made. Nobody asks any more.</summary>
    public void Dispose()
    {
        _disposed = true;
        // They look at the contents, which go next, and stop within microseconds.
        foreach (Lazy<Task> making in _making.Values)
            ((IAsyncResult)making.Value).AsyncWaitHandle.WaitOne();
        _entries.Clear();
        _columns.Clear();
    }

    /// <summary>The content of a row was replaced. The writer's.</summary>
    internal void Changed(int row)
    {
        lock (_lock)
        {
            bool isWorn = false;
            foreach ((string name, AttributeColumn column) in _columns)
            {
                column.Set(row, ValueOf(row, name));
                isWorn |= column.IsWorn;
            }

            _changes.Add(row);
            if (isWorn)
                DropColumns(column => column.IsWorn);
        }
    }

    /// <summary>Rows hold an item that held none, or the other way round. The writer's, after it was published.</summary>
    internal void Moved(int firstAdded, int added, ReadOnlySpan<int> deleted, ReadOnlySpan<int> restored)
    {
        lock (_lock)
        {
            for (int row = firstAdded; row < firstAdded + added; row++)
                _changes.Add(row);
            foreach (int row in deleted)
                _changes.Add(row);
            foreach (int row in restored)
                _changes.Add(row);
        }
    }

    private long MomentOf(ItemFilter filter, DateTimeOffset now) => filter.IsTimed ? now.UtcTicks / Options.Grain.Ticks : 0;

    private FilterRows? TryGetKept(ItemFilter filter, long moment)
    {
        if (!_entries.TryGetValue(filter.Text, out Entry? entry) || entry.Rows is not { } rows || rows.Version != _changes.Count || rows.Moment != moment)
            return null;
        entry.LastUse = Interlocked.Increment(ref _uses);
        return rows;
    }

    private bool HasColumns(ItemFilter filter)
    {
        foreach (AttributeName name in filter.Names)
        {
            if (!_columns.ContainsKey(name.Name) && Attributes.KindsOf(name.Name) != AttributeKinds.None)
                return false;
        }

        return true;
    }

    private async ValueTask<FilterLookup> MakeAndFindAsync(ItemFilter filter, long moment, CancellationToken cancellationToken)
    {
        foreach (AttributeName name in filter.Names)
            await MakeAsync(name.Name).WaitAsync(cancellationToken);
        return Find(filter, moment) with { Kind = FilterLookupKind.ColumnsMade };
    }

    private FilterLookup Find(ItemFilter filter, long moment)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (TryGetKept(filter, moment) is { } kept)
                return new FilterLookup(kept, FilterLookupKind.Hit);
            // A column may have gone again in between, where there is room for few.
            foreach (AttributeName name in filter.Names)
            {
                if (!_columns.ContainsKey(name.Name) && Attributes.KindsOf(name.Name) != AttributeKinds.None)
                    Keep(name.Name, Read(name.Name, _items.Rows.RowCount), filter);
                _columnUses[name.Name] = _uses;
            }

            Entry entry = _entries.GetOrAdd(filter.Text, _ => new Entry());
            entry.LastUse = Interlocked.Increment(ref _uses);
            (FilterRows rows, FilterLookupKind kind) = Test(filter, entry, moment);
            entry.Rows = rows;
            TrimEntries(entry);
            return new FilterLookup(rows, kind);
        }
    }

    private (FilterRows Rows, FilterLookupKind Kind) Test(ItemFilter filter, Entry entry, long moment)
    {
        CatalogueRows now = _items.Rows;
        long version = _changes.Count;
        foreach (AttributeName name in filter.Names)
        {
            if (_columns.TryGetValue(name.Name, out AttributeColumn? column))
                column.EnsureRows(now.RowCount);
        }

        int count = (int)(((long)now.RowCount + 63) / 64);
        ulong[] words = ArrayPool<ulong>.Shared.Rent(count);
        try
        {
            bool isPatch = entry is { Rows: { } old, Test: not null } && old.Moment == moment && _changes.Knows(old.Version) && Fits(entry, filter);
            if (!isPatch)
            {
                entry.Columns = _columns.Count;
                entry.Test = FilterCompiler.Compile(filter.Root, _columns, moment * Options.Grain.TotalSeconds - EpochSeconds);
            }

            RowTest test = entry.Test!;
            test.Learn();
            if (isPatch)
            {
                int kept = entry.Rows!.Rows.CopyTo(words);
                words.AsSpan(kept, count - kept).Clear();
                Patch(test, entry.Rows.Version, version, now, words);
            }
            else
            {
                for (int first = 0; first < count; first += RowTest.MostWords)
                {
                    Span<ulong> block = words.AsSpan(first, Math.Min(RowTest.MostWords, count - first));
                    test.Run(first, block);
                    KeepItems(now, first, block);
                }
            }

            return (new FilterRows(RowSet.Rent(now.RowCount, words.AsSpan(0, count)), now.Count, version, moment), isPatch ? FilterLookupKind.Patched : FilterLookupKind.Compiled);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(words);
        }
    }

    /// <summary>Seconds from the year 1 to 1970: moments count from there.</summary>
    private static double EpochSeconds => DateTimeOffset.UnixEpoch.UtcTicks / (double)TimeSpan.TicksPerSecond;

    /// <summary>Whether the tests of an entry read the columns that are there now: a first item may have brought an attribute.</summary>
    private bool Fits(Entry entry, ItemFilter filter) => entry.Columns == _columns.Count;

    private void Patch(RowTest test, long from, long to, CatalogueRows now, Span<ulong> words)
    {
        int last = -1;
        for (long change = from; change < to; change++)
        {
            int row = _changes[change], word = row >> 6;
            // A row that is not published yet comes once more when it is.
            if (row >= now.RowCount || word == last)
                continue;
            test.Run(word, words.Slice(word, 1));
            KeepItems(now, word, words.Slice(word, 1));
            last = word;
        }
    }

    private static void KeepItems(CatalogueRows now, int first, Span<ulong> words)
    {
        ReadOnlySpan<ulong> deleted = now.Deleted;
        for (int i = 0; i < words.Length && first + i < deleted.Length; i++)
            words[i] &= ~deleted[first + i];
    }

    private Task MakeAsync(string name)
    {
        if (_columns.ContainsKey(name) || Attributes.KindsOf(name) == AttributeKinds.None)
            return Task.CompletedTask;
        return _making.GetOrAdd(name, static (name, self) => new Lazy<Task>(() => Task.Run(() => self.Make(name))), this).Value;
    }

    private void Make(string name)
    {
        try
        {
            long since = _changes.Count;
            AttributeColumn column = Read(name, _items.Rows.RowCount);
            lock (_lock)
            {
                if (_disposed || _columns.ContainsKey(name))
                    return;
                if (!_changes.Knows(since))
                    column = Read(name, _items.Rows.RowCount);
                else
                    for (long change = since; change < _changes.Count; change++)
                        column.Set(_changes[change], ValueOf(_changes[change], name));
                Keep(name, column);
            }
        }
        finally
        {
            _making.TryRemove(name, out _);
        }
    }

    private AttributeColumn Read(string name, int rows)
    {
        const int batch = 4_096;
        var column = new AttributeColumn(rows);
        for (int row = 0; row < rows; row++)
        {
            if (row % batch == 0 && _disposed)
                break;
            if (_contents.TryGetValue(row, name, out FeatureValue value))
                column.Set(row, value);
        }

        return column;
    }

    private FeatureValue ValueOf(int row, string name) => _contents.TryGetValue(row, name, out FeatureValue value) ? value : default;

    /// <summary>Keeps a column, and lets go of those that were not used for longest where there is no room; never of one that <paramref name="user"/> is about to read.</summary>
    private void Keep(string name, AttributeColumn column, ItemFilter? user = null)
    {
        _columns[name] = column;
        _columnUses[name] = long.MaxValue;
        long bytes = _columns.Values.Sum(other => other.Bytes);
        while (bytes > Options.ColumnBytes)
        {
            string? oldest = _columns.Keys.Where(other => other != name && user?.Names.Any(read => read.Name == other) != true).MinBy(other => _columnUses.GetValueOrDefault(other));
            if (oldest is null)
                return;
            bytes -= _columns[oldest].Bytes;
            AttributeColumn gone = _columns[oldest];
            DropColumns(other => ReferenceEquals(other, gone));
        }
    }

    private void DropColumns(Func<AttributeColumn, bool> isDropped)
    {
        foreach ((string name, AttributeColumn column) in _columns)
        {
            if (isDropped(column))
                _columns.TryRemove(name, out _);
        }

        // Their tests hold on to the columns.
        foreach (Entry entry in _entries.Values)
            entry.Test = null;
    }

    private void TrimEntries(Entry added)
    {
        int most = (int)Math.Min(Options.CacheEntries, Math.Max(1, Options.CacheBytes / Math.Max(1, added.Rows!.Rows.RowCount / 8)));
        while (_entries.Count > most)
        {
            string? oldest = null;
            long least = long.MaxValue;
            foreach ((string text, Entry entry) in _entries)
            {
                if (entry != added && entry.LastUse < least)
                    (oldest, least) = (text, entry.LastUse);
            }

            if (oldest is null)
                return;
            _entries.TryRemove(oldest, out _);
        }
    }

    /// <summary>What is kept of one filter. Rows may be read by anybody, the rest is behind the lock.</summary>
    private sealed class Entry
    {
        private FilterRows? _rows;
        private long _lastUse;

        public FilterRows? Rows
        {
            get => Volatile.Read(ref _rows);
            set => Volatile.Write(ref _rows, value);
        }

        public long LastUse
        {
            get => Volatile.Read(ref _lastUse);
            set => Volatile.Write(ref _lastUse, value);
        }

        public RowTest? Test { get; set; }

        /// <summary>How many columns there were when <see cref="Test"/> was made.</summary>
        public int Columns { get; set; }
    }
}
