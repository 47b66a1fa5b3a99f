using System.Diagnostics.CodeAnalysis;
using Inference.Server.Admission.Queues;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Admission;

[SuppressMessage("Reliability", "CA2012", Justification = "Turns are looked at, and each is awaited or read once")]
[SuppressMessage("Usage", "xUnit1031", Justification = "Results are read where they are there")]
public sealed class RoomTests
{
    private const long Long = TimeSpan.TicksPerSecond;

    private readonly ManualTime _time = new();
    private int _limit = 4;

    [Fact]
    public void TryEnter_GivesAsManyPlacesAsTheLimit()
    {
        Room room = NewRoom();
        Waiter[] work = [.. Enumerable.Range(0, 5).Select(_ => new Waiter())];

        Assert.Equal([true, true, true, true, false], work.Select(room.TryEnter));
        Assert.Equal((4, 4), (room.InFlight, room.Computing));
        room.Leave(work[2]);
        Assert.True(room.TryEnter(work[4]));
        Array.ForEach(work, room.Leave);
        Array.ForEach(work, room.Leave);
        Assert.Equal((0, 0), (room.InFlight, room.Computing));
    }

    [Fact]
    public void TryEnter_GivesAsManyThreadsAsThereAre_UntilOneIsLeft()
    {
        Room room = NewRoom(threads: 2);
        Waiter[] work = [.. Enumerable.Range(0, 3).Select(_ => new Waiter())];

        Assert.Equal([true, true, false], work.Select(room.TryEnter));
        room.LeaveThread(work[0]);
        Assert.True(room.TryEnter(work[2]));
        Assert.Equal((3, 2), (room.InFlight, room.Computing));
    }

    [Fact]
    public void TryEnter_OfBulk_HasItsShareAndLeavesAThread()
    {
        Room room = NewRoom(threads: 3);
        Waiter[] bulk = [.. Enumerable.Range(0, 3).Select(_ => new Waiter { IsBulk = true })];

        Assert.Equal([true, true, false], bulk.Select(room.TryEnter));
        Assert.True(room.TryEnter(new Waiter()));
        Assert.False(room.TryEnter(new Waiter()));
        room.LeaveThread(bulk[0]);
        Assert.True(room.TryEnter(new Waiter()));
    }

    [Fact]
    public void Leave_GivesTheTurnToClientsOneByOne()
    {
        Room room = Full(out Waiter holder);
        string[] order = ["flood", "flood", "flood", "quiet", "other", "flood"];
        List<(string Client, ValueTask<Turn> Turn)> turns = [.. order.Select(client => (client, Wait(room, new Waiter(), client)))];
        var served = new List<string>();
        var waiting = new List<(string Client, ValueTask<Turn> Turn)>(turns);
        room.Leave(holder);
        for (int i = 0; i < order.Length; i++)
        {
            // Whoever is let in stays; there is one place more each time.
            room.Expire();
            int done = waiting.FindIndex(turn => turn.Turn.IsCompleted);
            served.Add(waiting[done].Client);
            waiting.RemoveAt(done);
            _limit++;
        }

        Assert.Equal(["flood", "quiet", "other", "flood", "flood", "flood"], served);
    }

    [Fact]
    public void TryWait_WithAFullQueue_TakesTheNewestOfTheLongestLine()
    {
        Room room = Full(out _, queueLength: 3);
        Waiter newest = new();
        Wait(room, new Waiter(), "flood");
        Wait(room, new Waiter(), "flood");
        ValueTask<Turn> given = Wait(room, newest, "flood");

        Assert.Equal(NoRoom.QueueFull, TryWait(room, new Waiter(), "flood"));
        Assert.Equal(NoRoom.None, TryWait(room, new Waiter(), "quiet"));
        Assert.True(given.IsCompleted);
        Assert.Equal(Turn.PushedOut, given.Result);
        Assert.Equal(3, room.Waiting.Interactive);
    }

    [Fact]
    public void TryWait_WhereWaitsHaveBeenLong_RefusesAtOnceWhatWouldWaitTooLong()
    {
        Room room = Full(out Waiter holder);
        for (int i = 0; i < 100; i++)
        {
            Waiter next = new();
            ValueTask<Turn> turn = Wait(room, next, "a");
            _time.Advance(TimeSpan.FromMilliseconds(500));
            room.Leave(holder);
            Assert.Equal(Turn.Granted, turn.Result);
            holder = next;
        }

        // Half a second each: a second one would wait half a second, a fourth beyond the second.
        Assert.Equal([NoRoom.None, NoRoom.None, NoRoom.None, NoRoom.TooLong], Enumerable.Range(0, 4).Select(_ => TryWait(room, new Waiter(), "a")));
        Assert.Equal(NoRoom.TooLate, TryWait(room, new Waiter { LatestStart = _time.GetTimestamp() + (Long / 10) }, "b", keepStart: true));
    }

    /// <summary>Five times as many come as can be worked on, and the times of work are as uneven as those of a busy machine.</summary>
    [Fact]
    public void TryWait_LetsOneInTenWaitInVain_WhereTheQueueIsAlwaysFull()
    {
        const int Works = 4_000, PerWork = 5;
        _limit = 1;
        Room room = NewRoom(queueLength: 1_000);
        var random = new Random(5);
        Waiter? holder = new();
        Assert.True(room.TryEnter(holder));
        var waiting = new List<(Waiter Work, ValueTask<Turn> Turn)>();
        int granted = 0, vain = 0, idle = 0;
        for (int i = 0; i < Works; i++)
        {
            double took = -Math.Log(1 - random.NextDouble());
            for (int arrival = 0; arrival < PerWork; arrival++)
            {
                _time.Advance(TimeSpan.FromMilliseconds(took / PerWork));
                var work = new Waiter { LatestStart = _time.GetTimestamp() + (Long / 50) };
                if (TryWait(room, work, "a", keepStart: true) == NoRoom.None)
                    waiting.Add((work, work.TurnAsync()));
            }

            if (holder is not null)
                room.Leave(holder);
            holder = null;
            foreach ((Waiter work, ValueTask<Turn> turn) in waiting.Where(one => one.Turn.IsCompleted))
            {
                if (i > Works / 2)
                    _ = turn.Result == Turn.Granted ? granted++ : vain++;
                if (turn.Result == Turn.Granted)
                    holder = work;
            }

            waiting.RemoveAll(one => one.Turn.IsCompleted);
            idle += holder is null ? 1 : 0;
        }

        Assert.InRange((double)vain / (vain + granted), 0.05, 0.15);
        Assert.InRange(idle, 0, Works / 100);
    }

    [Fact]
    public void Expire_EndsWaitsThatAreTooLate()
    {
        Room room = Full(out Waiter holder);
        ValueTask<Turn> late = Wait(room, new Waiter(), "a");
        _time.Advance(TimeSpan.FromMilliseconds(500));
        ValueTask<Turn> early = Wait(room, new Waiter(), "a");
        _time.Advance(TimeSpan.FromMilliseconds(600));

        room.Expire();

        Assert.Equal(Turn.Expired, late.Result);
        Assert.False(early.IsCompleted);
        room.Leave(holder);
        Assert.Equal(Turn.Granted, early.Result);
    }

    [Fact]
    public void Leave_WithBulkAndOthersWaiting_GivesBulkOneTurnInTen()
    {
        Room room = Full(out Waiter holder, queueLength: 100);
        List<(bool IsBulk, ValueTask<Turn> Turn)> waiting = [];
        foreach (bool isBulk in Enumerable.Range(0, 60).Select(i => i % 2 == 0))
            waiting.Add((isBulk, Wait(room, new Waiter { IsBulk = isBulk }, "a")));
        List<bool> served = [];
        for (int i = 0; i < 30; i++)
        {
            // Places are kept by whoever has them; one more each time.
            if (i == 0)
                room.Leave(holder);
            _limit++;
            room.Expire();
            int done = waiting.FindIndex(turn => turn.Turn.IsCompleted);
            served.Add(waiting[done].IsBulk);
            waiting.RemoveAt(done);
        }

        Assert.Equal(3, served.Count(isBulk => isBulk));
    }

    [Fact]
    public async Task EnterAndLeave_FromManyThreads_LosesNoPlaceAndNoTurn()
    {
        const int seed = 3, threads = 4, each = 3_000;
        var room = new Room(() => 3, () => 2, 0.5, 8, TimeProvider.System);
        int most = 0, granted = 0, refused = 0, now = 0;

        await Task.WhenAll(Enumerable.Range(0, threads).Select(thread => Task.Run(async () =>
        {
            var random = new Random(seed + thread);
            var work = new Waiter();
            for (int i = 0; i < each; i++)
            {
                work.IsBulk = random.Next(3) == 0;
                if (!room.TryEnter(work))
                {
                    work.ResetTurn();
                    work.LatestStart = long.MaxValue;
                    if (room.TryWait(work, thread % 2, TimeProvider.System.TimestampFrequency * 60) != NoRoom.None || await work.TurnAsync() != Turn.Granted)
                    {
                        Interlocked.Increment(ref refused);
                        continue;
                    }
                }

                int present = Interlocked.Increment(ref now);
                if (present > Volatile.Read(ref most))
                    Volatile.Write(ref most, present);
                if (random.Next(2) == 0)
                {
                    room.LeaveThread(work);
                    await Task.Yield();
                }

                Interlocked.Decrement(ref now);
                Interlocked.Increment(ref granted);
                room.Leave(work);
            }
        }))).WaitAsync(TimeSpan.FromMinutes(1));

        Assert.InRange(most, 1, 3);
        Assert.Equal(threads * each, granted + refused);
        Assert.Equal((0, 0, (0, 0)), (room.InFlight, room.Computing, room.Waiting));
    }

    private Room NewRoom(int threads = 100, int queueLength = 8) => new(() => _limit, () => threads, 0.5, queueLength, _time);

    /// <summary>A room whose places are all taken, one of them by a holder.</summary>
    private Room Full(out Waiter holder, int queueLength = 8)
    {
        Room room = NewRoom(queueLength: queueLength);
        holder = new Waiter();
        Assert.True(room.TryEnter(holder));
        for (int i = 1; i < _limit; i++)
            Assert.True(room.TryEnter(new Waiter()));
        return room;
    }

    private static NoRoom TryWait(Room room, Waiter work, string client, bool keepStart = false)
    {
        work.ResetTurn();
        if (!keepStart)
            work.LatestStart = long.MaxValue;
        return room.TryWait(work, client, Long);
    }

    private static ValueTask<Turn> Wait(Room room, Waiter work, string client)
    {
        Assert.Equal(NoRoom.None, TryWait(room, work, client));
        return work.TurnAsync();
    }
}
