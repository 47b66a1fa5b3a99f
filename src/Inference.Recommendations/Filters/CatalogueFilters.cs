using System.Buffers;
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
/// <item>rows that are kept and know somewhat fewer changes are copied, and the changed ones tested again</item>
/// <item>attributes that the filter names and that have no column yet get one, off the request's thread, each once whoever asks</item>
/// <item>otherwise all rows are tested, 4,096 at a time: after each piece others have their turn, and what changed meanwhile is tested again at the end</item>
/// </list>
/// All rows are tested for few requests at once (<see cref="MostTests"/>), so that strange filters leave cores to those that are kept; who waits or tests gives up when its caller does. Safe for concurrent use.
/// </summary>
/// <remarks>The writer of the catalogue tells of each row after it changed (<see cref="Changed(int)"/>); who asks after that is answered with it.</remarks>
public sealed class CatalogueFilters : IDisposable
{
    /// <summary>Changes up to which rows that are kept are brought up to date while others wait; beyond it all rows are tested, while nobody does.</summary>
    private const int MostPatched = 4_096;

    /// <summary>How often a test of all rows begins anew because columns came or went; then nobody else has a turn until it has ended.</summary>
    private const int MostRestarts = 3;

    /// <summary>Filters for which all rows are tested at the same time.</summary>
    private static readonly int MostTests = Math.Max(2, Environment.ProcessorCount / 2);

    private readonly ItemCatalogue _items;
    private readonly ReaderWriterLockSlim _lock = new();
    private readonly SemaphoreSlim _testing = new(MostTests);
    private readonly ReadFilters _read;
    private readonly KeptFilters _kept = new();
    private readonly RowChanges _changes = new();
    private readonly CatalogueColumns _columns;
    private volatile bool _disposed;

    internal CatalogueFilters(ItemCatalogue items, ItemContents contents)
    {
        _items = items;
        Attributes = contents.Attributes;
        _read = new ReadFilters(items, contents.Attributes);
        _columns = new CatalogueColumns(items, contents, _lock, _changes, _kept.ForgetTests);
    }

    /// <summary>What is kept, and for how long. Set before the first request.</summary>
    public FilterOptions Options { get; set; } = new();

    /// <summary>The attributes that filters may name.</summary>
    public ItemAttributes Attributes { get; }

    /// <summary>What tests of this class do where others have their turn.</summary>
    internal Action? AfterPiece { get; set; }

    /// <summary>Characters of the filters that were read and are kept.</summary>
    internal long ReadCharacters => _read.Characters;

    /// <summary>Bytes of the columns.</summary>
    public long ColumnBytes
    {
        get
        {
            _lock.EnterReadLock();
            try
            {
                return _columns.Bytes;
            }
            finally
            {
                _lock.ExitReadLock();
            }
        }
    }

    /// <summary>How often an item came, went or changed. May be read by anybody.</summary>
    internal long ChangeCount => _changes.Count;

    /// <summary>Reads a filter and checks that it fits this catalogue; what was read before costs a look-up.</summary>
    public bool TryRead(string text, [NotNullWhen(true)] out ItemFilter? filter, [NotNullWhen(false)] out FilterError? error) => _read.TryRead(text, Options, out filter, out error);

    /// <summary>The rows that a filter selects. Attributes that no item has are missing on all.</summary>
    /// <param name="filter">Any filter; it need not fit.</param>
    /// <param name="now">What <c>now()</c> is, to the grain.</param>
    /// <param name="cancellationToken">Gives up waiting and testing.</param>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    public ValueTask<FilterLookup> FindAsync(ItemFilter filter, DateTimeOffset now, CancellationToken cancellationToken)
    {
        long moment = MomentOf(filter, now);
        if (TryGetKept(filter, moment) is { } kept)
            return new ValueTask<FilterLookup>(new FilterLookup(kept, FilterLookupKind.Hit));
        return TryPatch(filter, moment) is { } patched ? new ValueTask<FilterLookup>(patched) : TestAsync(filter, moment, cancellationToken);
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
            _columns.Make(name, options.ColumnBytes);
        }

        return new FilterPreparation(null, [.. read.Where(name => Attributes.KindsOf(name) == AttributeKinds.None)]);
    }

    /// <summary>Ends what is being made. Nobody asks any more.</summary>
    public void Dispose()
    {
        _disposed = true;
        _columns.Dispose();
        _lock.EnterWriteLock();
        try
        {
            _kept.Clear();
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>The content of a row was replaced. The writer's.</summary>
    internal void Changed(int row)
    {
        _lock.EnterWriteLock();
        try
        {
            _columns.Changed(row);
            _changes.Add(row);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Rows hold an item that held none, or the other way round. The writer's, after it was published.</summary>
    internal void Moved(int firstAdded, int added, ReadOnlySpan<int> deleted, ReadOnlySpan<int> restored)
    {
        _lock.EnterWriteLock();
        try
        {
            for (int row = firstAdded; row < firstAdded + added; row++)
                _changes.Add(row);
            foreach (int row in deleted)
                _changes.Add(row);
            foreach (int row in restored)
                _changes.Add(row);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    private long MomentOf(ItemFilter filter, DateTimeOffset now) => filter.IsTimed ? now.UtcTicks / Options.Grain.Ticks : 0;

    private FilterRows? TryGetKept(ItemFilter filter, long moment) => _kept.TryUse(filter.Text, _changes.Count, moment);

    /// <summary>Brings rows that are kept up to date, where few have changed.</summary>
    private FilterLookup? TryPatch(ItemFilter filter, long moment)
    {
        if (!_kept.Has(filter.Text))
            return null;
        _lock.EnterWriteLock();
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (TryGetKept(filter, moment) is { } kept)
                return new FilterLookup(kept, FilterLookupKind.Hit);
            // Tests read the columns of their time: a first item may have brought an attribute.
            if (_kept.Find(filter.Text) is not { Rows: { } old, Test: { } test } entry || old.Moment != moment || _changes.Count - old.Version > MostPatched || entry.Columns != _columns.Count || !_columns.HasAll(filter))
                return null;
            int most = Words(_items.Rows.RowCount);
            ulong[] words = ArrayPool<ulong>.Shared.Rent(most);
            try
            {
                int count = old.Rows.CopyTo(words);
                words.AsSpan(count, Math.Max(0, most - count)).Clear();
                return new FilterLookup(End(filter, entry, test, old.Version, moment, words), FilterLookupKind.Patched);
            }
            finally
            {
                ArrayPool<ulong>.Shared.Return(words);
            }
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    private async ValueTask<FilterLookup> TestAsync(ItemFilter filter, long moment, CancellationToken cancellationToken)
    {
        FilterLookupKind kind = FilterLookupKind.Compiled;
        if (!_columns.HasAll(filter))
        {
            kind = FilterLookupKind.ColumnsMade;
            await _columns.MakeAsync(filter, Options.ColumnBytes).WaitAsync(cancellationToken);
        }

        await _testing.WaitAsync(cancellationToken);
        try
        {
            // Another request may have asked the same meanwhile.
            return TryPatch(filter, moment) ?? new FilterLookup(TestAll(filter, moment, cancellationToken), kind);
        }
        finally
        {
            _testing.Release();
        }
    }

    private FilterRows TestAll(ItemFilter filter, long moment, CancellationToken cancellationToken)
    {
        for (int restarts = 0; restarts < MostRestarts; restarts++)
        {
            if (TryTestAll(filter, moment, cancellationToken) is { } rows)
                return rows;
        }

        _lock.EnterWriteLock();
        try
        {
            return TryTestAll(filter, moment, cancellationToken) ?? throw new ObjectDisposedException(GetType().FullName);
        }
        finally
        {
            _lock.ExitWriteLock();
        }
    }

    /// <summary>Tests all rows, and keeps what was found.</summary>
    /// <returns>Null where columns came or went meanwhile, or more rows changed than are known. Never for who has the lock for itself.</returns>
    private FilterRows? TryTestAll(ItemFilter filter, long moment, CancellationToken cancellationToken)
    {
        bool isAlone = _lock.IsWriteLockHeld;
        (RowTest test, CatalogueRows start, long since, int epoch) = Begin(filter, moment, isAlone);
        int count = Words(start.RowCount);
        ulong[] words = ArrayPool<ulong>.Shared.Rent(count);
        try
        {
            long learnt = since;
            for (int first = 0; first < count; first += RowTest.MostWords)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Span<ulong> block = words.AsSpan(first, Math.Min(RowTest.MostWords, count - first));
                if (!TryTest(test, epoch, first, block, ref learnt, isAlone))
                    return null;
                start.KeepItems(first, block);
                if (!isAlone)
                    AfterPiece?.Invoke();
            }

            Enter(isAlone);
            try
            {
                if (_columns.Epoch != epoch || !_changes.Knows(since))
                    return null;
                int most = Words(_items.Rows.RowCount);
                if (most > count)
                {
                    ulong[] longer = ArrayPool<ulong>.Shared.Rent(most);
                    words.AsSpan(0, count).CopyTo(longer);
                    longer.AsSpan(count, most - count).Clear();
                    ArrayPool<ulong>.Shared.Return(words);
                    words = longer;
                }

                KeptFilter entry = _kept.FindOrAdd(filter.Text);
                FilterRows rows = End(filter, entry, test, since, moment, words);
                _kept.Trim(entry, Options);
                return rows;
            }
            finally
            {
                Exit(isAlone);
            }
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(words);
        }
    }

    private (RowTest Test, CatalogueRows Rows, long Version, int Epoch) Begin(ItemFilter filter, long moment, bool isAlone)
    {
        Enter(isAlone);
        try
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _columns.Use(filter, _kept.Uses, Options.ColumnBytes);
            CatalogueRows now = _items.Rows;
            _columns.EnsureRows(filter, now.RowCount);
            RowTest test = FilterCompiler.Compile(filter.Root, _columns.ByName, (moment * Options.Grain.TotalSeconds) - EpochSeconds);
            test.Learn();
            return (test, now, _changes.Count, _columns.Epoch);
        }
        finally
        {
            Exit(isAlone);
        }
    }

    /// <summary>Tests one piece of the rows, beside others who only test; where contents changed since the last piece, alone, for texts may be new.</summary>
    private bool TryTest(RowTest test, int epoch, int first, Span<ulong> block, ref long learnt, bool isAlone)
    {
        if (!isAlone)
        {
            _lock.EnterReadLock();
            try
            {
                if (_columns.Epoch != epoch || _disposed)
                    return false;
                if (_changes.Count == learnt)
                {
                    test.Run(first, block);
                    return true;
                }
            }
            finally
            {
                _lock.ExitReadLock();
            }
        }

        Enter(isAlone);
        try
        {
            if (_columns.Epoch != epoch || _disposed)
                return false;
            test.Learn();
            learnt = _changes.Count;
            test.Run(first, block);
            return true;
        }
        finally
        {
            Exit(isAlone);
        }
    }

    /// <summary>Tests the rows that changed since, and keeps what was found. The caller has the lock.</summary>
    private FilterRows End(ItemFilter filter, KeptFilter entry, RowTest test, long since, long moment, ulong[] words)
    {
        CatalogueRows now = _items.Rows;
        long version = _changes.Count;
        _columns.EnsureRows(filter, now.RowCount);
        test.Learn();
        Patch(test, since, version, now, words);
        var rows = new FilterRows(RowSet.Rent(now.RowCount, words.AsSpan(0, Words(now.RowCount))), now.Count, version, moment);
        _kept.Keep(entry, test, _columns.Count, rows);
        return rows;
    }

    private static int Words(int rows) => (int)(((long)rows + 63) / 64);

    private void Enter(bool isAlone)
    {
        if (!isAlone)
            _lock.EnterWriteLock();
    }

    private void Exit(bool isAlone)
    {
        if (!isAlone)
            _lock.ExitWriteLock();
    }

    /// <summary>Seconds from the year 1 to 1970: moments count from there.</summary>
    private static double EpochSeconds => DateTimeOffset.UnixEpoch.UtcTicks / (double)TimeSpan.TicksPerSecond;

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
            now.KeepItems(word, words.Slice(word, 1));
            last = word;
        }
    }
}
