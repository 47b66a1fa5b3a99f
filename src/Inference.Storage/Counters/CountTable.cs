using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Inference.Recommendations.Ports;

namespace Inference.Storage.Counters;

/// <summary>
/// The counts of one name, by member and bucket of time. What comes waits in an inbox until somebody reads or stores; those take turns at the table itself, so that a reader on a thread that gives way to others holds up no request.
/// Bounded in members: when there are too many, those that count least go. Safe for concurrent use.
/// </summary>
/// <param name="most">Most members.</param>
/// <param name="hasStore">Whether what is added is to be taken by <see cref="TakePendingAsync"/>.</param>
[SuppressMessage("Design", "CA1001", Justification = "The semaphore has no handle that was asked for, and readers may come while the process ends")]
internal sealed class CountTable(int most, bool hasStore)
{
    /// <summary>Sums below this are what is left of additions that were taken back.</summary>
    private const double Nothing = 1e-9;

    /// <summary>For how long what was heard from others may not be in the store yet.</summary>
    private static readonly TimeSpan WriteBehind = TimeSpan.FromSeconds(5);

    private readonly CountInbox _inbox = new(most);
    private readonly SemaphoreSlim _turn = new(1);
    private readonly Dictionary<string, int> _members = new(StringComparer.Ordinal);
    private readonly CountCells _cells = new();

    /// <summary>Members and buckets that may have something pending.</summary>
    private readonly List<(string Member, long Bucket)> _pending = [];
    private long _changes, _dropped;

    /// <summary>Members that were given up for others, and additions that found no room.</summary>
    public long Lost => Volatile.Read(ref _dropped) + _inbox.Lost;

    /// <summary>Adds what this process has counted and is to be stored.</summary>
    public void Add(string member, long bucket, double amount) => _inbox.Add(member, bucket, amount);

    /// <summary>Adds what another process has counted and stores itself.</summary>
    public void Hear(string member, long bucket, double amount, DateTimeOffset now) => _inbox.Hear(member, bucket, amount, now);

    /// <summary>Sums each member's counts, and forgets those before a bucket.</summary>
    /// <param name="first">The first bucket that still counts.</param>
    /// <param name="weightOf">What a count of a bucket is worth now.</param>
    /// <param name="take">Gets the members with a sum above 0.</param>
    /// <returns>How far the counts had come.</returns>
    public CountsMark Read(long first, Func<long, double> weightOf, Action<string, double> take)
    {
        var weights = new BucketWeights(weightOf);
        int members = 0;
        double all = 0;
        _turn.Wait();
        try
        {
            TakeIn();
            Forget(first);
            if (_members.Count > most)
                DropLeast(weights);
            foreach ((string member, int chain) in _members)
            {
                double sum = SumOf(chain, weights);
                if (sum <= Nothing)
                    continue;
                members++;
                all += sum;
                take(member, sum);
            }

            return new CountsMark(_changes, members, all);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Takes what is to be stored, by bucket; it counts as stored from now on.</summary>
    public async ValueTask<Dictionary<long, List<(string Member, double Amount)>>> TakePendingAsync()
    {
        var taken = new Dictionary<long, List<(string, double)>>();
        await _turn.WaitAsync();
        try
        {
            TakeIn();
            foreach ((string member, long bucket) in _pending)
            {
                int cell = Find(member, bucket);
                if (cell == CountCells.None || _cells[cell].Pending == 0)
                    continue;
                ref CountCells.Cell counts = ref _cells[cell];
                (CollectionsMarshal.GetValueRefOrAddDefault(taken, bucket, out _) ??= []).Add((member, counts.Pending));
                counts.Stored += counts.Pending;
                counts.Pending = 0;
            }

            _pending.Clear();
        }
        finally
        {
            _turn.Release();
        }

        return taken;
    }

    /// <summary>Takes back what was not stored after all.</summary>
    public async ValueTask PutBackAsync(long bucket, IEnumerable<(string Member, double Amount)> amounts)
    {
        await _turn.WaitAsync();
        try
        {
            foreach ((string member, double amount) in amounts)
            {
                ref CountCells.Cell cell = ref CellOf(member, bucket);
                cell.Stored -= amount;
                cell.Pending += amount;
                _pending.Add((member, bucket));
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Believes the store: these are the counts of a bucket, and there are no others.</summary>
    /// <param name="at">When it was read.</param>
    public async ValueTask ReplaceAsync(long bucket, IReadOnlyDictionary<string, double> stored, DateTimeOffset at)
    {
        long heardBefore = (at - WriteBehind).UtcTicks;
        await _turn.WaitAsync();
        try
        {
            TakeIn();
            foreach ((string member, int first) in _members)
            {
                int cell = FindIn(first, bucket);
                if (cell == CountCells.None)
                    continue;
                ref CountCells.Cell counts = ref _cells[cell];
                double before = counts.Sum;
                counts.Stored = stored.GetValueOrDefault(member);
                if (counts.HeardAt < heardBefore)
                    counts.Heard = 0;
                if (Math.Abs(counts.Sum - before) > Nothing)
                    _changes++;
            }

            foreach ((string member, double amount) in stored)
            {
                if (Find(member, bucket) != CountCells.None || !HasRoom(member))
                    continue;
                CellOf(member, bucket).Stored = amount;
                _changes++;
            }
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Empties the inbox into the table, which may then have too many members until it is read; where nobody reads, because no bundle is loaded, at most twice as many.</summary>
    private void TakeIn()
    {
        foreach (((string member, long bucket), CountInbox.Arrived arrived) in _inbox.Empty())
        {
            if (!HasRoom(member))
                continue;
            ref CountCells.Cell cell = ref CellOf(member, bucket);
            if (arrived.HeardAt != default)
            {
                cell.Heard += arrived.Heard;
                cell.HeardAt = arrived.HeardAt.UtcTicks;
            }

            if (!hasStore)
            {
                cell.Stored += arrived.Own;
            }
            else if (arrived.Own != 0)
            {
                if (cell.Pending == 0)
                    _pending.Add((member, bucket));
                cell.Pending += arrived.Own;
            }

            _changes++;
        }
    }

    /// <summary>Whether a member is there or may come; otherwise it is lost.</summary>
    private bool HasRoom(string member)
    {
        if (_members.Count < 2L * most || _members.ContainsKey(member))
            return true;
        Volatile.Write(ref _dropped, _dropped + 1);
        return false;
    }

    private void Forget(long first)
    {
        foreach ((string member, int chain) in _members)
        {
            int kept = CountCells.None, cell = chain;
            while (cell != CountCells.None)
            {
                if (_cells[cell].Bucket < first)
                {
                    cell = _cells.Remove(cell);
                    if (kept != CountCells.None)
                        _cells[kept].Next = cell;
                    continue;
                }

                if (kept == CountCells.None && cell != chain)
                    _members[member] = cell;
                kept = cell;
                cell = _cells[cell].Next;
            }

            if (kept == CountCells.None)
                _members.Remove(member);
        }
    }

    /// <summary>Gives up a quarter and what is too much, the members with the lowest sums; among equal ones any.</summary>
    private void DropLeast(BucketWeights weights)
    {
        int count = _members.Count, drop = count - (most - (most / 4)), at = 0;
        double[] sums = ArrayPool<double>.Shared.Rent(count);
        foreach (int cell in _members.Values)
            sums[at++] = SumOf(cell, weights);
        Array.Sort(sums, 0, count);
        double limit = sums[drop - 1];
        int below = Array.FindIndex(sums, 0, count, sum => sum >= limit), equal = drop - below;
        ArrayPool<double>.Shared.Return(sums);
        foreach ((string member, int chain) in _members)
        {
            double sum = SumOf(chain, weights);
            if (sum > limit || (sum == limit && equal-- <= 0))
                continue;
            for (int cell = chain; cell != CountCells.None;)
                cell = _cells.Remove(cell);
            _members.Remove(member);
        }

        Volatile.Write(ref _dropped, _dropped + drop);
        _changes++;
    }

    private double SumOf(int chain, BucketWeights weights)
    {
        double sum = 0;
        for (int cell = chain; cell != CountCells.None; cell = _cells[cell].Next)
            sum += _cells[cell].Sum * weights.Of(_cells[cell].Bucket);
        return sum;
    }

    private int Find(string member, long bucket) => _members.TryGetValue(member, out int first) ? FindIn(first, bucket) : CountCells.None;

    private int FindIn(int chain, long bucket)
    {
        int cell = chain;
        while (cell != CountCells.None && _cells[cell].Bucket != bucket)
            cell = _cells[cell].Next;
        return cell;
    }

    /// <summary>The cell of a member and bucket, made where there is none. Valid until the next call.</summary>
    private ref CountCells.Cell CellOf(string member, long bucket)
    {
        ref int first = ref CollectionsMarshal.GetValueRefOrAddDefault(_members, member, out bool isKnown);
        int cell = isKnown ? FindIn(first, bucket) : CountCells.None;
        if (cell == CountCells.None)
            first = cell = _cells.Add(bucket, isKnown ? first : CountCells.None);
        return ref _cells[cell];
    }

    /// <summary>What counts of buckets are worth; the last one asked for is kept, for neighbours are mostly of one bucket.</summary>
    private sealed class BucketWeights(Func<long, double> weightOf)
    {
        private long _bucket = long.MinValue;
        private double _weight;

        public double Of(long bucket)
        {
            if (bucket != _bucket)
                (_bucket, _weight) = (bucket, weightOf(bucket));
            return _weight;
        }
    }
}
