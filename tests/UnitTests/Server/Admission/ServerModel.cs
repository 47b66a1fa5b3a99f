using System.Diagnostics.CodeAnalysis;
using Inference.Server.Admission.Queues;

namespace UnitTests.Server.Admission;

/// <summary>
/// A server in a calculation: calls arrive at random, pass the real <see cref="Room"/>, and share processors equally, or are computed in batches by one runner. Nothing takes real time.
/// Source of the sharing by a virtual clock: Kleinrock, Queueing Systems II, section 4.4.
/// </summary>
[SuppressMessage("Reliability", "CA2012", Justification = "Turns are looked at until they are there, and read once")]
[SuppressMessage("Security", "CA5394", Justification = "A seeded model")]
internal sealed class ServerModel
{
    private const double Frequency = TimeSpan.TicksPerSecond;

    private readonly Random _random;
    private readonly Clock _clock = new();
    private readonly PriorityQueue<Call, double> _computing = new();
    private readonly List<(Call Call, ValueTask<Turn> Turn)> _waiting = [];
    private readonly Queue<Call> _rows = [];
    private double _virtual;
    private double _batchEnd = double.MaxValue;
    private List<Call> _batch = [];

    public ServerModel(int seed) => _random = new Random(seed);

    public int Processors { get; init; } = 2;

    /// <summary>Seconds that a call waits before it can be of no use any more.</summary>
    public double Deadline { get; init; } = 0.1;

    /// <summary>Arrivals per second at a moment.</summary>
    public required Func<double, double> Rate { get; init; }

    /// <summary>Which method a call calls, and the seconds of work that it is.</summary>
    public required Func<double, Random, (int Method, double Work)> Draw { get; init; }

    /// <summary>Seconds that a batch takes, by its rows, where calls are computed in batches of at most so many.</summary>
    public (int Rows, Func<int, double> Time)? Batches { get; init; }

    /// <summary>Whether everything stands still at a moment, and for how long it will.</summary>
    public Func<double, double> Pause { get; init; } = static _ => 0;

    public required int QueueLength { get; init; }

    public required Func<int> Limit { get; init; }

    /// <summary>Told of calls that end: method, ticks, in flight at the start, now.</summary>
    public required Action<int, long, int, long> Ended { get; init; }

    /// <summary>Seconds of work that were done in time, by the second of the calculation in which they were.</summary>
    public double[] Good { get; private set; } = [];

    /// <summary>Calls that were done in time, and those that were refused.</summary>
    public int[] Answers { get; private set; } = [];

    public int[] Refusals { get; private set; } = [];

    /// <summary>The limit at the end of each second.</summary>
    public int[] Limits { get; private set; } = [];

    public void Run(int seconds)
    {
        (Good, Answers, Refusals, Limits) = (new double[seconds], new int[seconds], new int[seconds], new int[seconds]);
        var room = new Room(Limit, () => 1_000_000, 1, QueueLength, _clock);
        double now = 0, arrival = 0, sweep = 0, nextPause = 0;
        while (now < seconds)
        {
            double rate = _computing.Count == 0 ? 0 : Math.Min(1, (double)Processors / _computing.Count);
            double completion = _computing.TryPeek(out _, out double end) ? now + Math.Max(0, (end - _virtual) / rate) : double.MaxValue;
            double next = Math.Min(Math.Min(arrival, sweep), Math.Min(completion, _batchEnd));
            _virtual += (next - now) * rate;
            now = next;
            _clock.Now = (long)(now * Frequency);
            if (now >= nextPause && Pause(now) is > 0 and double pause)
            {
                // The world goes on, the server does not: what would have come meanwhile comes right after.
                now += pause;
                nextPause = now + pause;
                _batchEnd = _batchEnd == double.MaxValue ? _batchEnd : _batchEnd + pause;
                sweep = Math.Max(sweep, now);
                _clock.Now = (long)(now * Frequency);
                continue;
            }

            int second = Math.Min(seconds - 1, (int)now);
            if (next == sweep)
            {
                room.Expire();
                Limits[second] = Limit();
                sweep += 0.05;
            }
            else if (next == arrival)
            {
                Arrive(room, arrival, now, second);
                arrival += -Math.Log(1 - _random.NextDouble()) / Rate(arrival);
            }
            else if (next == completion)
            {
                End(room, _computing.Dequeue(), now, second);
            }
            else
            {
                List<Call> done = _batch;
                (_batch, _batchEnd) = ([], double.MaxValue);
                foreach (Call call in done)
                    End(room, call, now, second);
                BeginBatch(now);
            }

            TakeTurns(now, second);
        }
    }

    private void Arrive(Room room, double came, double now, int second)
    {
        (int method, double work) = Draw(came, _random);
        var call = new Call { Method = method, Work = work, Came = came };
        if (room.TryEnter(call))
        {
            Begin(call, now);
            return;
        }

        call.ResetTurn();
        call.LatestStart = (long)((came + Deadline - work) * Frequency);
        if (room.TryWait(call, "all", (long)(0.05 * Frequency)) == NoRoom.None)
            _waiting.Add((call, call.TurnAsync()));
        else
            Refusals[second]++;
    }

    private void TakeTurns(double now, int second)
    {
        for (int i = 0; i < _waiting.Count; i++)
        {
            if (!_waiting[i].Turn.IsCompleted)
                continue;
            Call call = _waiting[i].Call;
            if (_waiting[i].Turn.Result == Turn.Granted)
                Begin(call, now);
            else
                Refusals[second]++;
            _waiting.RemoveAt(i--);
        }
    }

    private void Begin(Call call, double now)
    {
        call.Began = now;
        if (Batches is null)
        {
            _computing.Enqueue(call, _virtual + call.Work);
            return;
        }

        _rows.Enqueue(call);
        if (_batchEnd == double.MaxValue)
            BeginBatch(now);
    }

    private void BeginBatch(double now)
    {
        while (_batch.Count < Batches!.Value.Rows && _rows.TryDequeue(out Call? call))
            _batch.Add(call);
        _batchEnd = _batch.Count == 0 ? double.MaxValue : now + Batches.Value.Time(_batch.Count);
    }

    private void End(Room room, Call call, double now, int second)
    {
        if (now - call.Came <= Deadline)
        {
            Good[second] += call.Work;
            Answers[second]++;
        }

        Ended(call.Method, (long)((now - call.Began) * Frequency), call.InFlight, _clock.Now);
        room.Leave(call);
    }

    private sealed class Call : Waiter
    {
        public int Method { get; init; }

        public double Work { get; init; }

        public double Came { get; init; }

        public double Began { get; set; }
    }

    private sealed class Clock : TimeProvider
    {
        public long Now { get; set; }

        public override long TimestampFrequency => (long)Frequency;

        public override long GetTimestamp() => Now;
    }
}
