namespace Inference.Storage.Counters;

/// <summary>The counts of one name, by member and bucket of time. Bounded in members: when there are too many, those that count least go. Safe for concurrent use.</summary>
internal sealed class CountTable(int most)
{
    /// <summary>For how long what was heard from others may not be in the store yet.</summary>
    private static readonly TimeSpan WriteBehind = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, List<Cell>> _members = new(StringComparer.Ordinal);

    /// <summary>Counts that were not taken in because there were too many members.</summary>
    public long Lost { get; private set; }

    public int Members
    {
        get
        {
            lock (_gate)
                return _members.Count;
        }
    }

    /// <summary>Adds what this process has counted and is to be stored.</summary>
    public void Add(string member, long bucket, double amount)
    {
        lock (_gate)
        {
            if (CellOf(member, bucket) is { } cell)
                cell.Pending += amount;
        }
    }

    /// <summary>Adds what another process has counted and stores itself.</summary>
    public void Hear(string member, long bucket, double amount, DateTimeOffset now)
    {
        lock (_gate)
        {
            if (CellOf(member, bucket) is not { } cell)
                return;
            cell.Heard += amount;
            cell.HeardAt = now;
        }
    }

    /// <summary>Takes what is to be stored, by bucket; it counts as stored from now on.</summary>
    public Dictionary<long, List<(string Member, double Amount)>> TakePending()
    {
        var taken = new Dictionary<long, List<(string, double)>>();
        lock (_gate)
        {
            foreach ((string member, List<Cell> cells) in _members)
            {
                foreach (Cell cell in cells)
                {
                    if (cell.Pending == 0)
                        continue;
                    if (!taken.TryGetValue(cell.Bucket, out List<(string, double)>? list))
                        taken[cell.Bucket] = list = [];
                    list.Add((member, cell.Pending));
                    cell.Stored += cell.Pending;
                    cell.Pending = 0;
                }
            }
        }

        return taken;
    }

    /// <summary>Takes back what was not stored after all.</summary>
    public void PutBack(long bucket, IEnumerable<(string Member, double Amount)> amounts)
    {
        lock (_gate)
        {
            foreach ((string member, double amount) in amounts)
            {
                if (CellOf(member, bucket) is not { } cell)
                    continue;
                cell.Stored -= amount;
                cell.Pending += amount;
            }
        }
    }

    /// <summary>Believes the store: these are the counts of a bucket, and there are no others.</summary>
    /// <param name="at">When it was read.</param>
    public void Replace(long bucket, IReadOnlyDictionary<string, double> stored, DateTimeOffset at)
    {
        lock (_gate)
        {
            foreach ((string member, List<Cell> cells) in _members)
            {
                foreach (Cell cell in cells)
                {
                    if (cell.Bucket != bucket)
                        continue;
                    cell.Stored = stored.GetValueOrDefault(member);
                    if (cell.HeardAt < at - WriteBehind)
                        cell.Heard = 0;
                }
            }

            foreach ((string member, double amount) in stored)
            {
                if (CellOf(member, bucket) is { } cell)
                    cell.Stored = amount;
            }
        }
    }

    /// <summary>Sums each member's counts, and forgets those before a bucket.</summary>
    /// <param name="first">The first bucket that still counts.</param>
    /// <param name="weightOf">What a count of a bucket is worth now.</param>
    public Dictionary<string, double> Read(long first, Func<long, double> weightOf)
    {
        var sums = new Dictionary<string, double>(StringComparer.Ordinal);
        lock (_gate)
        {
            foreach ((string member, List<Cell> cells) in _members)
            {
                cells.RemoveAll(cell => cell.Bucket < first);
                double sum = 0;
                foreach (Cell cell in cells)
                    sum += (cell.Stored + cell.Pending + cell.Heard) * weightOf(cell.Bucket);
                if (cells.Count == 0)
                    _members.Remove(member);
                else if (sum > 1e-9)
                    sums.Add(member, sum);
            }

            if (_members.Count > most - (most / 8))
                DropLeast(sums);
        }

        return sums;
    }

    private void DropLeast(Dictionary<string, double> sums)
    {
        string[] least = [.. _members.Keys.OrderBy(member => sums.GetValueOrDefault(member)).ThenBy(member => member, StringComparer.Ordinal).Take(_members.Count / 4)];
        foreach (string member in least)
        {
            Lost++;
            _members.Remove(member);
        }
    }

    private Cell? CellOf(string member, long bucket)
    {
        if (!_members.TryGetValue(member, out List<Cell>? cells))
        {
            if (_members.Count >= most)
            {
                Lost++;
                return null;
            }

            _members.Add(member, cells = new List<Cell>(1));
        }

        foreach (Cell cell in cells)
        {
            if (cell.Bucket == bucket)
                return cell;
        }

        var made = new Cell { Bucket = bucket };
        cells.Add(made);
        return made;
    }

    private sealed class Cell
    {
        public long Bucket;
        public double Stored, Pending, Heard;
        public DateTimeOffset HeardAt;
    }
}
