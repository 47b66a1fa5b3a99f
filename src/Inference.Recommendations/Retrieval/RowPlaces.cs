using System.Numerics;

namespace Inference.Recommendations.Retrieval;

/// <summary>Numbers rows in the order in which they come: a hash table with open addressing that is as large as a request needs, whatever the size of the catalogue.</summary>
internal sealed class RowPlaces
{
    private int[] _slots = [];
    private int[] _rows = [];
    private int _mask = -1;

    /// <summary>How many rows there are.</summary>
    public int Count { get; private set; }

    /// <summary>The rows by place.</summary>
    public ReadOnlySpan<int> Rows => _rows.AsSpan(0, Count);

    /// <summary>Empties the table and makes room.</summary>
    /// <param name="most">Rows that may come at most.</param>
    public void Begin(int most)
    {
        int size = (int)BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, 2 * most));
        if (_slots.Length < size)
            (_slots, _rows) = (new int[size], new int[size / 2]);
        else
            _slots.AsSpan(0, size).Clear();
        _mask = size - 1;
        Count = 0;
    }

    /// <summary>The place of a row, which it gets now where it has none.</summary>
    public int Add(int row)
    {
        for (int slot = Hash(row); ; slot = (slot + 1) & _mask)
        {
            int place = _slots[slot] - 1;
            if (place < 0)
            {
                _rows[Count] = row;
                _slots[slot] = ++Count;
                return Count - 1;
            }

            if (_rows[place] == row)
                return place;
        }
    }

    /// <summary>The place of a row; −1 where it has none.</summary>
    public int Find(int row)
    {
        for (int slot = Hash(row); ; slot = (slot + 1) & _mask)
        {
            int place = _slots[slot] - 1;
            if (place < 0 || _rows[place] == row)
                return place;
        }
    }

    private int Hash(int row) => (int)((uint)row * 0x9E3779B1u >> 7) & _mask;
}
