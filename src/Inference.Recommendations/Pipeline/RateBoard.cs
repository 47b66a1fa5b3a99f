using System.Collections.Concurrent;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>A sparse sum over the rows of a catalogue: one dense array that is cleaned by the list of touched rows, so a request pays for what it touches.</summary>
internal sealed class RateBoard(int rowCount)
{
    private readonly float[] _rates = new float[rowCount];
    private readonly bool[] _isTouched = new bool[rowCount];
    private int[] _touched = new int[1024];
    private ScoredRow[] _best = new ScoredRow[16];
    private ulong[] _keys = new ulong[16];
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
            (_best, _keys) = (new ScoredRow[Math.Max(capacity, _best.Length * 2)], new ulong[Math.Max(capacity, _best.Length * 2)]);
        if (capacity == 0)
            return default;
        var best = new BestRows(_keys.AsSpan(0, capacity));
        foreach (int row in _touched.AsSpan(0, _count))
        {
            if (_rates[row] >= best.Threshold)
                best.Offer(row, _rates[row]);
        }

        ReadOnlySpan<ulong> sorted = best.Sorted();
        for (int i = 0; i < sorted.Length; i++)
            _best[i] = new ScoredRow(BestRows.RowOf(sorted[i]), BestRows.ScoreOf(sorted[i]));
        return _best.AsSpan(0, sorted.Length);
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
