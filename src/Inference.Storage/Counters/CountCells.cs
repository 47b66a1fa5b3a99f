namespace Inference.Storage.Counters;

/// <summary>The counts of members in their buckets of time: chains of cells in one array, so that most members, which have one cell, cost an entry and no object. Not safe for concurrent use.</summary>
internal sealed class CountCells
{
    /// <summary>No cell.</summary>
    public const int None = -1;

    private Cell[] _cells = [];
    private int _used, _free = None;

    /// <summary>A cell. Valid until the next <see cref="Add"/>.</summary>
    public ref Cell this[int index] => ref _cells[index];

    /// <summary>Makes a cell without counts in front of a chain.</summary>
    public int Add(long bucket, int next)
    {
        int index = _free;
        if (index != None)
        {
            _free = _cells[index].Next;
        }
        else
        {
            index = _used++;
            if (index == _cells.Length)
                Array.Resize(ref _cells, Math.Max(16, _cells.Length * 2));
        }

        _cells[index] = new Cell { Bucket = bucket, Next = next };
        return index;
    }

    /// <summary>Gives a cell back, and what it counts up.</summary>
    /// <returns>The cell behind it.</returns>
    public int Remove(int index)
    {
        int next = _cells[index].Next;
        _cells[index] = new Cell { Next = _free };
        _free = index;
        return next;
    }

    /// <summary>The counts of one member in one bucket.</summary>
    public struct Cell
    {
        /// <summary>The bucket.</summary>
        public long Bucket;

        /// <summary>What the store has, or would have if there were one.</summary>
        public double Stored;

        /// <summary>What it does not have yet.</summary>
        public double Pending;

        /// <summary>What other processes have counted since the store was read.</summary>
        public double Heard;

        /// <summary>UTC ticks of the last that was heard.</summary>
        public long HeardAt;

        /// <summary>The next cell of the member, or <see cref="None"/>.</summary>
        public int Next;

        public readonly double Sum => Stored + Pending + Heard;
    }
}
