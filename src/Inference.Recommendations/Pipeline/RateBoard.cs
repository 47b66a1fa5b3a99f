using System.Collections.Concurrent;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>A sparse sum over the rows of a catalogue: one dense array that is cleaned by the list of touched rows, so a request pays for what it touches.</summary>
internal sealed class RateBoard(int rowCount)
{
    private readonly float[] _rates = new float[rowCount];
    private readonly bool[] _isTouched = new bool[rowCount];
    private int[] _touched = new int[1024];
    private ScoredRow[] _best = new ScoredRow[16];
    private int _count;

    public int RowCount => rowCount;

    public void Add(int row, float rate)
    {
        if (!_isTouched[row])
        {
            _isTouched[row] = true;
            if (_count == _touched.Length)
                Array.Resize(ref _touched, _count * 2);
            _touched[_count++] = row;
        }

        _rates[row] += rate;
    }

    /// <summary>The sum of a row; false where nothing was added to it.</summary>
    public bool TryGet(int row, out float rate)
    {
        rate = _rates[row];
        return _isTouched[row];
    }

    /// <summary>Adds scale × p_i to every touched row.</summary>
    public void AddToAll(Popularity popularity, float scale)
    {
        foreach (int row in _touched.AsSpan(0, _count))
            _rates[row] += scale * popularity.RateOf(row);
    }

    /// <summary>The touched rows with the highest sums, highest first, ties by row; valid until the board is cleared.</summary>
    public ReadOnlySpan<ScoredRow> TakeBest(int limit)
    {
        int capacity = Math.Min(limit, _count);
        if (_best.Length < capacity)
            _best = new ScoredRow[Math.Max(capacity, _best.Length * 2)];
        int kept = 0;
        foreach (int row in _touched.AsSpan(0, _count))
        {
            var candidate = new ScoredRow(row, _rates[row]);
            if (kept == capacity && !Precedes(candidate, _best[kept - 1]))
                continue;
            int place = kept < capacity ? kept++ : kept - 1;
            while (place > 0 && Precedes(candidate, _best[place - 1]))
            {
                _best[place] = _best[place - 1];
                place--;
            }

            _best[place] = candidate;
        }

        return _best.AsSpan(0, kept);
    }

    public void Clear()
    {
        foreach (int row in _touched.AsSpan(0, _count))
        {
            _rates[row] = 0f;
            _isTouched[row] = false;
        }

        _count = 0;
    }

    private static bool Precedes(ScoredRow a, ScoredRow b) => a.Rate > b.Rate || (a.Rate == b.Rate && a.Row < b.Row);
}

/// <summary>Keeps a few boards that fit the catalogue and have room for it to grow; boards that are too small, or far too large, are let go.</summary>
internal sealed class RateBoardPool
{
    private const int MostKept = 64;
    private readonly ConcurrentBag<RateBoard> _boards = [];

    /// <summary>A clean board of at least so many rows.</summary>
    public RateBoard Rent(int rowCount)
    {
        int roomy = rowCount + (rowCount / 8) + 64;
        while (_boards.TryTake(out RateBoard? board))
        {
            if (board.RowCount >= rowCount && board.RowCount <= 2 * (long)roomy)
                return board;
        }

        return new RateBoard(roomy);
    }

    public void Return(RateBoard board)
    {
        board.Clear();
        if (_boards.Count < MostKept)
            _boards.Add(board);
    }
}
