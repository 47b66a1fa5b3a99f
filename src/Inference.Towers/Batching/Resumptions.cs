using System.Collections.Concurrent;

namespace Inference.Towers.Batching;

/// <summary>
/// Goes on with calls after their batch, on threads of its own, as many as there are processors, and runs batches that others' threads should not wait for. A batch ends for all of its calls at once; were each a work item of the thread pool, as many threads as
/// calls would compute side by side, and those that read and answer would have one share of a processor among all of theirs. Here they wait in line, and the pool needs no more threads than what reads and answers (ADR 47, ADR 48).
/// </summary>
internal sealed class Resumptions
{
    private static readonly Resumptions Line = new(Environment.ProcessorCount);

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _waiting = new();
    private readonly object _asleep = new();
    private readonly int _most;
    private int _running;
    private int _threads;
    private int _called;

    /// <param name="most">How many at a time, at least 1.</param>
    internal Resumptions(int most) => _most = most;

    /// <summary>Whether all of its threads are at work, so that whoever comes would wait.</summary>
    public static bool IsFull => Volatile.Read(ref Line._running) >= Line._most;

    /// <summary>Goes on with a call of this process, soon. Safe from all threads.</summary>
    public static void Add(IThreadPoolWorkItem call) => Line.Queue(call);

    internal void Queue(IThreadPoolWorkItem call)
    {
        _waiting.Enqueue(call);
        Begin();
    }

    private void Work()
    {
        while (true)
        {
            while (_waiting.TryDequeue(out IThreadPoolWorkItem? call))
                call.Execute();
            Interlocked.Decrement(ref _running);
            // Whoever queued meanwhile may have seen that all were running, and leaves it to this one. Both the queue's end and the count move by full fences, so one of the two sees the other.
            if (!_waiting.IsEmpty)
                Begin();
            lock (_asleep)
            {
                while (_called == 0)
                    Monitor.Wait(_asleep);
                _called--;
            }
        }
    }

    /// <summary>Has one more thread look for work, where not all do.</summary>
    private void Begin()
    {
        int running = Volatile.Read(ref _running), seen;
        do
        {
            if (running >= _most)
                return;
            seen = running;
            running = Interlocked.CompareExchange(ref _running, running + 1, running);
        }
        while (running != seen);

        lock (_asleep)
        {
            if (_threads == _most)
            {
                _called++;
                Monitor.Pulse(_asleep);
                return;
            }

            _threads++;
        }

        new Thread(Work) { IsBackground = true, Name = "calls" }.UnsafeStart();
    }
}
