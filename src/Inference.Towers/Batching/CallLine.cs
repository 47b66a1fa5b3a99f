using System.Diagnostics.CodeAnalysis;

namespace Inference.Towers.Batching;

/// <summary>
/// The calls of one priority that wait, each for its turn: a turn takes some rows of the first call, and a call that has more goes to the end of the line, so a large one delays
/// the others by one turn at a time. Under the batcher's gate.
/// </summary>
/// <param name="turn">Most rows of one turn.</param>
internal sealed class CallLine<TWork>(int turn)
    where TWork : struct
{
    private readonly Queue<BatchedCall<TWork>> _calls = new();

    /// <summary>Rows that wait.</summary>
    public int Rows { get; private set; }

    /// <summary>Rows that are served before the first row of a call that comes now: of each call, one turn.</summary>
    public int RowsAhead { get; private set; }

    /// <summary>The padded lengths of <see cref="RowsAhead"/> rows, summed.</summary>
    public long CellsAhead { get; private set; }

    public bool IsEmpty => _calls.Count == 0;

    public void Add(BatchedCall<TWork> call)
    {
        call.IsQueued = true;
        _calls.Enqueue(call);
        Count(call, 1);
    }

    /// <summary>The first call whose answer is still open; those before it leave the line.</summary>
    public bool TryPeek([NotNullWhen(true)] out BatchedCall<TWork>? call)
    {
        while (_calls.TryPeek(out call))
        {
            if (!call.IsDecided)
                return true;
            Remove(call);
            call.Release();
        }

        return false;
    }

    /// <summary>Takes the first call out; the caller now holds it.</summary>
    public void Remove(BatchedCall<TWork> first)
    {
        _calls.Dequeue();
        Forget(first);
    }

    /// <summary>Gives some rows of the first call a turn.</summary>
    /// <param name="rows">Up to the rows that it has left.</param>
    /// <returns>The place of the first of them. Whoever takes them holds the call.</returns>
    public int Take(BatchedCall<TWork> first, int rows)
    {
        int place = first.Taken;
        Remove(first);
        first.Taken += rows;
        if (first.Taken < first.Rows)
        {
            first.Hold();
            Add(first);
        }

        return place;
    }

    /// <summary>Counts a call no longer, whose answer was decided while it waited.</summary>
    public void Forget(BatchedCall<TWork> call)
    {
        if (!call.IsQueued)
            return;
        Count(call, -1);
        call.IsQueued = false;
    }

    private void Count(BatchedCall<TWork> call, int sign)
    {
        int left = call.Rows - call.Taken, ahead = Math.Min(left, turn);
        Rows += sign * left;
        RowsAhead += sign * ahead;
        CellsAhead += sign * (long)ahead * call.MeanLength;
    }
}
