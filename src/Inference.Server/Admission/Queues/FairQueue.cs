namespace Inference.Server.Admission.Queues;

/// <summary>
/// Waiting work of many clients: each client has a line, the lines take turns, and where there is no room the longest line gives up its newest. So a client waits behind the others' lines, not behind
/// everything that one of them sent. Source: Nagle, RFC 970; McKenney, "Stochastic Fairness Queueing" (1990), for giving up the longest.
/// Not safe for concurrent use; lines and their table are kept for the next time, at most as many as there were waiters.
/// </summary>
internal sealed class FairQueue
{
    private readonly Dictionary<object, ClientLine> _lines = [];
    private readonly Stack<ClientLine> _spare = [];
    private ClientLine? _turn;

    /// <summary>How many wait.</summary>
    public int Count { get; private set; }

    /// <summary>How many begin before somebody of this client who comes now, about: as many of each other line as the client has itself.</summary>
    public int AheadOf(object client)
    {
        int own = _lines.TryGetValue(client, out ClientLine? line) ? line.Count : 0;
        int lines = own > 0 ? _lines.Count : _lines.Count + 1;
        return (int)Math.Min(Count, ((own + 1L) * lines) - 1);
    }

    public void Add(object client, Waiter waiter)
    {
        if (!_lines.TryGetValue(client, out ClientLine? line))
        {
            line = _spare.TryPop(out ClientLine? spare) ? spare : new ClientLine();
            line.Client = client;
            _lines.Add(client, line);
            Join(line);
        }

        line.Add(waiter);
        Count++;
    }

    /// <summary>Whose turn it is; null where nobody waits.</summary>
    public Waiter? First => _turn?.First;

    /// <summary>Takes whose turn it is; the turn goes to the next line.</summary>
    public void TakeFirst()
    {
        ClientLine line = _turn!;
        _turn = line.Next;
        Remove(line.First!);
    }

    /// <summary>Takes somebody out of the queue.</summary>
    public void Remove(Waiter waiter)
    {
        ClientLine line = waiter.Line!;
        line.Remove(waiter);
        Count--;
        if (line.Count > 0)
            return;
        Leave(line);
        _lines.Remove(line.Client!);
        line.Client = null;
        _spare.Push(line);
    }

    /// <summary>Takes the newest of the longest line, if that is longer than the client's own would become.</summary>
    public Waiter? PushOutFor(object client)
    {
        int own = _lines.TryGetValue(client, out ClientLine? mine) ? mine.Count : 0;
        ClientLine? longest = null;
        foreach (ClientLine line in _lines.Values)
        {
            if (line.Count > own + 1 && (longest is null || line.Count > longest.Count))
                longest = line;
        }

        Waiter? last = longest?.Last;
        if (last is not null)
            Remove(last);
        return last;
    }

    /// <summary>Takes all for whom it is too late.</summary>
    public void TakeExpired(long now, List<Waiter> expired)
    {
        int before = expired.Count;
        foreach (ClientLine line in _lines.Values)
        {
            for (Waiter? waiter = line.First; waiter is not null; waiter = waiter.Behind)
            {
                if (waiter.LatestStart < now)
                    expired.Add(waiter);
            }
        }

        for (int i = before; i < expired.Count; i++)
            Remove(expired[i]);
    }

    private void Join(ClientLine line)
    {
        if (_turn is null)
        {
            _turn = line.Next = line.Previous = line;
            return;
        }

        // Behind all others: before the one whose turn it is.
        (line.Next, line.Previous) = (_turn, _turn.Previous);
        _turn.Previous!.Next = line;
        _turn.Previous = line;
    }

    private void Leave(ClientLine line)
    {
        if (line.Next == line)
        {
            _turn = null;
        }
        else
        {
            line.Previous!.Next = line.Next;
            line.Next!.Previous = line.Previous;
            if (_turn == line)
                _turn = line.Next;
        }

        line.Next = line.Previous = null;
    }
}
