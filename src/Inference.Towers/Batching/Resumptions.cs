using System.Collections.Concurrent;

namespace Inference.Towers.Batching;

/// <summary>
/// Goes on with calls after their batch, on the thread pool, as many at a time as there are processors. A batch ends for all of its calls at once; were each a work item of the pool, as many threads as calls would compute side by side, and those that read and
/// answer would have one share of a processor among all of theirs. Here they wait in line, and each next one stands behind what else the pool has to do by then.
/// </summary>
internal sealed class Resumptions : IThreadPoolWorkItem
{
    /// <summary>Milliseconds, by a clock of some milliseconds, after which a thread looks what else there is to do.</summary>
    private const long Turn = 3;

    private static readonly Resumptions Line = new(Environment.ProcessorCount);

    private readonly ConcurrentQueue<IThreadPoolWorkItem> _waiting = new();
    private readonly int _most;
    private int _running;

    /// <param name="most">How many at a time, at least 1.</param>
    internal Resumptions(int most) => _most = most;

    /// <summary>Whether some wait for others.</summary>
    public static bool AnyWait => !Line._waiting.IsEmpty;

    /// <summary>Goes on with a call of this process, soon. Safe from all threads.</summary>
    public static void Add(IThreadPoolWorkItem call) => Line.Queue(call);

    internal void Queue(IThreadPoolWorkItem call)
    {
        _waiting.Enqueue(call);
        Begin();
    }

    void IThreadPoolWorkItem.Execute()
    {
        try
        {
            long begun = Environment.TickCount64;
            while (_waiting.TryDequeue(out IThreadPoolWorkItem? call))
            {
                call.Execute();
                if (Environment.TickCount64 - begun >= Turn)
                    break;
            }
        }
        finally
        {
            Interlocked.Decrement(ref _running);
            // Whoever queued meanwhile may have seen that all were running, and leaves it to this one. Both the queue's end and the count move by full fences, so one of the two sees the other.
            if (!_waiting.IsEmpty)
                Begin();
        }
    }

    private void Begin()
    {
        int running = Volatile.Read(ref _running);
        while (running < _most)
        {
            int seen = Interlocked.CompareExchange(ref _running, running + 1, running);
            if (seen == running)
            {
                ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
                return;
            }

            running = seen;
        }
    }
}
