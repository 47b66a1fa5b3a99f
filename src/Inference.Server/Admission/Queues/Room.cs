using Inference.Server.Admission.Limits;

namespace Inference.Server.Admission.Queues;

/// <summary>Why somebody cannot even wait.</summary>
internal enum NoRoom
{
    None,

    /// <summary>As many wait as may.</summary>
    QueueFull,

    /// <summary>The wait would be longer than anybody should wait.</summary>
    TooLong,

    /// <summary>The wait would leave too little of the deadline.</summary>
    TooLate,
}

/// <summary>
/// Places for work, and the queues before them. Work holds a place while it is worked on and a thread while it computes on one; whoever finds no place, no thread, or somebody who waits, waits, too.
/// <list type="bullet">
/// <item>Places follow a limit that adapts. Threads are fewer than the pool has, so that work waits here, in fair lines and with its deadline known, and not in the pool's own queue.</item>
/// <item>Bulk work has at most a share of the places and leaves a thread free; while both wait, one in ten goes to it.</item>
/// <item>Entering without waiting is one compare-and-swap, leaving one addition; the queues have a lock.</item>
/// </list>
/// </summary>
internal sealed class Room
{
    /// <summary>All that is held, in one number: threads, places, and places of bulk work.</summary>
    private const int Bits = 21;
    private const long OneThread = 1, OnePlace = 1L << Bits, OneOfBulk = 1L << (2 * Bits), Mask = (1L << Bits) - 1;

    /// <summary>Turns of interactive work between two of bulk.</summary>
    private const int TurnsBetween = 9;

    private const double IntervalWeight = 1.0 / 16;

    /// <summary>Of those who wait, how many may do so in vain; and by how much each of them moves the caution.</summary>
    private const double VainShare = 0.1, CautionStep = 0.05, MostCaution = 2;

    private readonly Lock _lock = new();
    private readonly FairQueue _interactive = new();
    private readonly FairQueue _bulk = new();
    private readonly List<Waiter> _expired = [];
    private readonly Func<int> _limit;
    private readonly Func<int> _threads;
    private readonly double _bulkShare;
    private readonly int _queueLength;
    private readonly TimeProvider _time;
    private long _held;
    private int _interactiveWaiting;
    private int _bulkWaiting;
    private int _turns;

    /// <summary>What each of those ahead adds to a wait, as it was of those whose turn came lately.</summary>
    private double _interval;

    /// <summary>
    /// By how much a wait is taken to be longer than its estimate, for interactive work and for bulk, 1 to <see cref="MostCaution"/>. In a queue that is full everybody stands where the estimate just allows it, so half would wait in vain; this is the quantile that leaves few of them, found step by step
    /// (Robbins and Monro, 1951).
    /// </summary>
    private readonly double[] _caution = [1, 1];

    /// <param name="limit">How many places there are now.</param>
    /// <param name="threads">How many may compute at once now, at least 1.</param>
    /// <param name="bulkShare">Share of the places that bulk work may have, above 0.</param>
    /// <param name="queueLength">How many may wait, of either kind.</param>
    /// <param name="time">The clock.</param>
    public Room(Func<int> limit, Func<int> threads, double bulkShare, int queueLength, TimeProvider time) =>
        (_limit, _threads, _bulkShare, _queueLength, _time) = (limit, threads, bulkShare, queueLength, time);

    /// <summary>How many are worked on.</summary>
    public int InFlight => (int)((Volatile.Read(ref _held) >> Bits) & Mask);

    /// <summary>How many of them compute on threads.</summary>
    public int Computing => (int)(Volatile.Read(ref _held) & Mask);

    /// <summary>How many wait that somebody waits for, and how many of bulk work.</summary>
    public (int Interactive, int Bulk) Waiting => (Volatile.Read(ref _interactiveWaiting), Volatile.Read(ref _bulkWaiting));

    /// <summary>Gives a place and a thread where there are, and nobody waits for them.</summary>
    public bool TryEnter(Waiter work) =>
        Volatile.Read(ref _interactiveWaiting) == 0 && (!work.IsBulk || Volatile.Read(ref _bulkWaiting) == 0) && TryTake(work);

    /// <summary>Stands in line; the turn comes by <see cref="Waiter.TurnAsync"/>. <see cref="Waiter.LatestStart"/> says how long that is of use.</summary>
    /// <param name="work">What waits; its turn is reset.</param>
    /// <param name="client">Whose work it is.</param>
    /// <param name="longest">Longest wait in ticks; <see cref="long.MaxValue"/> waits for ever, and beside the queue's length.</param>
    public NoRoom TryWait(Waiter work, object client, long longest)
    {
        long now = _time.GetTimestamp();
        NoRoom none = NoRoom.None;
        Waiter? pushedOut = null;
        lock (_lock)
        {
            FairQueue queue = work.IsBulk ? _bulk : _interactive;
            if (longest != long.MaxValue)
            {
                double wait = queue.AheadOf(client) * _interval * CautionFor(work) * (work.IsBulk && _interactive.Count > 0 ? TurnsBetween + 1 : 1);
                if (wait > longest)
                    none = NoRoom.TooLong;
                else if (now + wait >= work.LatestStart)
                    none = NoRoom.TooLate;
                else if (queue.Count >= _queueLength && (pushedOut = queue.PushOutFor(client)) is null)
                    none = NoRoom.QueueFull;
                work.LatestStart = Math.Min(work.LatestStart, now + longest);
            }

            if (none == NoRoom.None)
            {
                work.Since = now;
                work.Ahead = queue.AheadOf(client);
                queue.Add(client, work);
            }

            Count();
            // Somebody may have left between the look at the places and now: either the one who leaves sees who waits, or this thread sees what was left.
            Interlocked.MemoryBarrier();
            Fill(now);
        }

        pushedOut?.End(Turn.PushedOut);
        return none;
    }

    /// <summary>Gives the thread back, and keeps the place: the work waits for something.</summary>
    public void LeaveThread(Waiter work)
    {
        if (work.TryLeaveThread())
            Leave(OneThread);
    }

    /// <summary>Gives back all that is held.</summary>
    public void Leave(Waiter work)
    {
        long held = work.TryLeaveThread() ? OneThread : 0;
        if (work.TryLeavePlace())
            held += PlaceOf(work);
        if (held != 0)
            Leave(held);
    }

    /// <summary>Ends the waits that have become useless, also where nobody leaves.</summary>
    public void Expire()
    {
        if (Volatile.Read(ref _interactiveWaiting) + Volatile.Read(ref _bulkWaiting) == 0)
            return;
        long now = _time.GetTimestamp();
        lock (_lock)
        {
            _interactive.TakeExpired(now, _expired);
            _bulk.TakeExpired(now, _expired);
            foreach (Waiter waiter in _expired)
            {
                LearnFromVain(waiter, now);
                waiter.End(Turn.Expired);
            }

            _expired.Clear();
            Count();
            // The limit may have risen since somebody left.
            Fill(now);
        }
    }

    private static long PlaceOf(Waiter work) => work.IsBulk ? OnePlace | OneOfBulk : OnePlace;

    private void Leave(long held)
    {
        // A full fence: whoever began to wait before it is seen here, and whoever does after it sees what was left.
        Interlocked.Add(ref _held, -held);
        if (Volatile.Read(ref _interactiveWaiting) + Volatile.Read(ref _bulkWaiting) == 0)
            return;
        lock (_lock)
        {
            Fill(_time.GetTimestamp());
        }
    }

    private bool TryTake(Waiter work)
    {
        long wanted = PlaceOf(work) + OneThread, held = Volatile.Read(ref _held);
        int limit = _limit(), threads = work.IsBulk ? Math.Max(1, _threads() - 1) : _threads();
        while (true)
        {
            int places = (int)((held >> Bits) & Mask);
            if (places >= limit || (held & Mask) >= threads || (work.IsBulk && (held >> (2 * Bits)) >= Math.Max(1, (int)(limit * _bulkShare))))
                return false;
            long seen = Interlocked.CompareExchange(ref _held, held + wanted, held);
            if (seen == held)
            {
                work.Hold(places + 1);
                return true;
            }

            held = seen;
        }
    }

    private void Fill(long now)
    {
        while (true)
        {
            bool isTurnOfBulk = _interactive.Count == 0 || _turns >= TurnsBetween;
            if (!(isTurnOfBulk && TryGrant(_bulk, now)) && !TryGrant(_interactive, now) && (isTurnOfBulk || !TryGrant(_bulk, now)))
                break;
        }

        Count();
    }

    private bool TryGrant(FairQueue queue, long now)
    {
        if (queue.First is not { } first)
            return false;
        if (first.LatestStart < now)
        {
            queue.TakeFirst();
            LearnFromVain(first, now);
            first.End(Turn.Expired);
            return true;
        }

        if (!TryTake(first))
            return false;
        queue.TakeFirst();
        _turns = queue == _bulk ? 0 : _turns + 1;
        double each = (double)(now - first.Since) / (first.Ahead + 1);
        // From nothing upwards: the first calls of a process take longest, and should turn nobody away.
        _interval += IntervalWeight * (each - _interval);
        ref double caution = ref CautionFor(first);
        caution = Math.Max(1, caution - (CautionStep * VainShare));
        first.End(Turn.Granted);
        return true;
    }

    /// <summary>Who waited in vain says that each of those ahead took at least so long.</summary>
    private void LearnFromVain(Waiter waiter, long now)
    {
        double each = (double)(now - waiter.Since) / (waiter.Ahead + 1);
        if (each > _interval)
            _interval += IntervalWeight * (each - _interval);
        ref double caution = ref CautionFor(waiter);
        caution = Math.Min(MostCaution, caution + (CautionStep * (1 - VainShare)));
    }

    private ref double CautionFor(Waiter work) => ref _caution[work.IsBulk ? 1 : 0];

    private void Count()
    {
        Volatile.Write(ref _interactiveWaiting, _interactive.Count);
        Volatile.Write(ref _bulkWaiting, _bulk.Count);
    }
}
