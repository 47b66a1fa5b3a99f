using System.Collections.Concurrent;
using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Towers.Batching;

/// <summary>A call of <see cref="FakeRunner"/>: rows of these lengths, whose results are their values plus one.</summary>
internal readonly record struct FakeWork(int[] Lengths, int[] Values, int[] Results)
{
    /// <summary>A value that cannot be read, one that makes its run fail, and one whose result is of no use.</summary>
    public const int Unreadable = -1, Poison = -2, Useless = -3;

    public static FakeWork Of(params int[] values) => new([.. values.Select(_ => 1)], values, new int[values.Length]);

    public static FakeWork OfLengths(params int[] lengths) => new(lengths, [.. lengths.Select(length => 100 * length)], new int[lengths.Length]);
}

/// <summary>Runs that do what the test wants and take the time that it says, on a clock that moves only by them.</summary>
/// <param name="maxBatch">Most rows of a run.</param>
/// <param name="maxLength">Longest row.</param>
/// <param name="slots">How many runs at once.</param>
internal sealed class FakeRunner(int maxBatch = 16, int maxLength = 1, int slots = 1) : IBatchRunner<FakeWork>
{
    private readonly int[][] _places = [.. Enumerable.Range(0, slots).Select(_ => new int[maxBatch])];
    private readonly int[] _lengths = new int[slots];

    public ManualTime Time { get; } = new();

    /// <summary>Seconds of a run of so many rows of a length; on <see cref="Time"/>.</summary>
    public Func<int, int, double> Seconds { get; set; } = (_, _) => 0;

    /// <summary>Called in each run with its rows' values.</summary>
    public Action<int[]> Running { get; set; } = _ => { };

    /// <summary>Called when a row is read, which is when the caller's memory is touched.</summary>
    public Action<int> Reading { get; set; } = _ => { };

    /// <summary>The values of each run, and the length that it was padded to.</summary>
    public ConcurrentQueue<(int[] Values, int Length)> Runs { get; } = new();

    public int Released { get; private set; }

    public int MaxBatch => maxBatch;

    public int MaxLength => maxLength;

    public ContinuousBatcher<FakeWork> Batcher(int maxQueuedRows = 1000, double maxBulkRun = 1, bool runsOnCallers = true, bool threadsAreFree = true, string name = "fake") =>
        new(name, this, new BatchLimits(slots, maxQueuedRows, TimeSpan.FromSeconds(maxBulkRun), runsOnCallers), Time, () => threadsAreFree);

    public int PaddedRows(int rows) => rows;

    public int PaddedLength(int length) => length;

    public int LengthOf(in FakeWork work, int row) => work.Lengths[row];

    public void Begin(int slot, int paddedLength) => _lengths[slot] = paddedLength;

    public void Read(int slot, int place, in FakeWork work, int row)
    {
        Reading(work.Values[row]);
        if (work.Values[row] == FakeWork.Unreadable)
            throw new InvalidDataException("unreadable");
        Assert.InRange(work.Lengths[row], 1, _lengths[slot]);
        _places[slot][place] = work.Values[row];
    }

    public void Run(int slot, int rows)
    {
        int[] values = _places[slot][..rows];
        Runs.Enqueue((values, _lengths[slot]));
        Running(values);
        Time.Advance(TimeSpan.FromSeconds(Seconds(rows, _lengths[slot])));
        if (values.Contains(FakeWork.Poison))
            throw new InvalidOperationException("poison");
    }

    public Exception? Write(int slot, int place, in FakeWork work, int row)
    {
        if (_places[slot][place] == FakeWork.Useless)
            return new TowerException("useless");
        work.Results[row] = _places[slot][place] + 1;
        return null;
    }

    public TowerException Explain(Exception failure) => new("It failed: " + failure.Message, failure);

    public void Release() => Released++;

    /// <summary>Keeps the batcher busy with a run of its own until it is let go.</summary>
    public Hold HoldBusy(ContinuousBatcher<FakeWork> batcher) => new(this, batcher);

    internal sealed class Hold : IDisposable
    {
        private const int Marker = 987_654;
        private readonly ManualResetEventSlim _reached = new();
        private readonly ManualResetEventSlim _released = new();

        public Hold(FakeRunner runner, ContinuousBatcher<FakeWork> batcher)
        {
            Action<int[]> before = runner.Running;
            runner.Running = values =>
            {
                if (values is [Marker])
                {
                    _reached.Set();
                    Assert.True(_released.Wait(TimeSpan.FromSeconds(30)), "Nobody let the run go.");
                }
                else
                {
                    before(values);
                }
            };
            Ended = Task.Run(async () => await batcher.RunAsync(FakeWork.Of(Marker), 1, default, CancellationToken.None));
            Assert.True(_reached.Wait(TimeSpan.FromSeconds(30)), "The run did not begin.");
            runner.Runs.Clear();
        }

        public Task<EncodeOutcome> Ended { get; }

        public void Release() => _released.Set();

        public void Dispose() => _released.Set();
    }
}
