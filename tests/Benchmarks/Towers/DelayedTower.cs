using System.Diagnostics;
using System.Threading.Tasks.Sources;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;

namespace Benchmarks.Towers;

/// <summary>
/// Batching by a static delay, as servers have it that are told a "maximum queue delay": a batch is run when it is full, or when its first call has waited for the delay, whichever comes first. A thread of its own
/// waits and runs; the objects that callers await are used again.
/// </summary>
internal sealed class DelayedTower : IUserTower, IDisposable
{
    private readonly LoadingSlot<UserTowerInput, UserRows> _slot;
    private readonly object _gate = new();
    private readonly Queue<Call> _waiting = new();
    private readonly Stack<Call> _recycled = new();
    private readonly TimeSpan _delay;
    private readonly int _dimension;
    private readonly Call[] _batch;
    private readonly UserTowerInput[] _rows;
    private readonly float[] _embeddings;
    private readonly Thread _thread;
    private bool _ended;

    public DelayedTower(LoadingSlot<UserTowerInput, UserRows> slot, TimeSpan delay, int maxBatch, int dimension)
    {
        _slot = slot;
        _delay = delay;
        _dimension = dimension;
        _batch = new Call[maxBatch];
        _rows = new UserTowerInput[maxBatch];
        _embeddings = new float[maxBatch * dimension];
        _thread = new Thread(RunBatches) { IsBackground = true, Name = "static delay" };
        _thread.Start();
    }

    public FeatureSchema Features => FeatureSchema.Empty;

    public long Runs { get; private set; }

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            Call call = _recycled.TryPop(out Call? used) ? used : new Call(this);
            call.User = users.Span[0];
            call.Embedding = embeddings;
            call.Arrived = Stopwatch.GetTimestamp();
            _waiting.Enqueue(call);
            // The thread waits for the first call of a batch, and then for a full one.
            if (_waiting.Count == 1 || _waiting.Count == _batch.Length)
                Monitor.Pulse(_gate);
            return call.Await();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _ended = true;
            Monitor.Pulse(_gate);
        }

        _thread.Join();
    }

    private void RunBatches()
    {
        while (TakeBatch() is var count and > 0)
        {
            for (int i = 0; i < count; i++)
                _rows[i] = _batch[i].User;
            _slot.Encode(_rows.AsSpan(0, count), _embeddings.AsSpan(0, count * _dimension));
            Runs++;
            for (int i = 0; i < count; i++)
                _batch[i].Complete(_embeddings.AsSpan(i * _dimension, _dimension));
        }
    }

    private int TakeBatch()
    {
        lock (_gate)
        {
            while (!_ended)
            {
                if (_waiting.Count >= _batch.Length)
                    break;
                if (!_waiting.TryPeek(out Call? first))
                {
                    Monitor.Wait(_gate);
                    continue;
                }

                TimeSpan left = _delay - Stopwatch.GetElapsedTime(first.Arrived);
                if (left <= TimeSpan.Zero)
                    break;
                Monitor.Wait(_gate, left < TimeSpan.FromMilliseconds(1) ? TimeSpan.FromMilliseconds(1) : left);
            }

            int count = Math.Min(_waiting.Count, _ended ? 0 : _batch.Length);
            for (int i = 0; i < count; i++)
                _batch[i] = _waiting.Dequeue();
            return count;
        }
    }

    private sealed class Call(DelayedTower tower) : IValueTaskSource<EncodeOutcome>
    {
        private ManualResetValueTaskSourceCore<EncodeOutcome> _core = new() { RunContinuationsAsynchronously = true };

        public UserTowerInput User { get; set; }

        public Memory<float> Embedding { get; set; }

        public long Arrived { get; set; }

        public ValueTask<EncodeOutcome> Await() => new(this, _core.Version);

        public void Complete(ReadOnlySpan<float> embedding)
        {
            embedding.CopyTo(Embedding.Span);
            _core.SetResult(EncodeOutcome.Encoded);
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _core.OnCompleted(continuation, state, token, flags);

        public EncodeOutcome GetResult(short token)
        {
            EncodeOutcome outcome = _core.GetResult(token);
            _core.Reset();
            lock (tower._gate)
                tower._recycled.Push(this);
            return outcome;
        }
    }
}
