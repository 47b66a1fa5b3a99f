using System.Collections.Concurrent;
using Inference.Vectors;

namespace Inference.Towers.Loading;

/// <summary>
/// The threads of one load, as a scheduler of tasks: what runs in its tasks, with all that it awaits and all its parallel loops, runs on these threads and never on the pool's, which
/// are there for requests.
/// </summary>
/// <remarks>
/// Threads of their own, because on Linux a thread that stands back cannot come forward again without a privilege; those of the pool would stay slow for the requests that come after. They
/// end when the load does.
/// </remarks>
internal sealed class LoadingThreads : TaskScheduler, IDisposable
{
    [ThreadStatic]
    private static LoadingThreads? s_mine;

    private readonly BlockingCollection<Task> _tasks = [];
    private readonly int _niceness;

    /// <summary>Starts the threads.</summary>
    /// <param name="count">At least one.</param>
    /// <param name="niceness">How far they stand back, see <see cref="ThreadNiceness.Lower"/>.</param>
    public LoadingThreads(int count, int niceness)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        MaximumConcurrencyLevel = count;
        _niceness = niceness;
        for (int i = 0; i < count; i++)
            new Thread(Work) { IsBackground = true, Name = "bundle load" }.UnsafeStart();
    }

    public override int MaximumConcurrencyLevel { get; }

    /// <summary>Threads for a load.</summary>
    public static LoadingThreads For(LoadPace pace, LoadingOptions options) => pace == LoadPace.Full
        ? new LoadingThreads(Environment.ProcessorCount, niceness: 0)
        : new LoadingThreads(options.Threads > 0 ? options.Threads : Math.Max(1, Environment.ProcessorCount / 4), options.Niceness);

    /// <summary>Runs some work; whoever awaits it goes on where he was, not on these threads.</summary>
    public Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = Task.Factory.StartNew(() => Complete(work, ended, cancellationToken), CancellationToken.None, TaskCreationOptions.None, this);
        return ended.Task;
    }

    /// <summary>Runs some work that nobody waits for on a thread that stands back.</summary>
    public static async Task RunAlone(Action work, int niceness)
    {
        using var thread = new LoadingThreads(1, niceness);
        await thread.RunAsync(() => { work(); return true; }, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>Lets the threads end once they have done what is asked of them.</summary>
    public void Dispose() => _tasks.CompleteAdding();

    protected override void QueueTask(Task task) => _tasks.Add(task);

    /// <summary>A parallel loop's own thread takes part in it, if it is one of these.</summary>
    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) => s_mine == this && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [.. _tasks];

    private static void Complete<T>(Func<T> work, TaskCompletionSource<T> ended, CancellationToken cancellationToken)
    {
        try
        {
            cancellationToken.ThrowIfCancellationRequested();
            ended.SetResult(work());
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            ended.SetCanceled(e.CancellationToken.IsCancellationRequested ? e.CancellationToken : cancellationToken);
        }
        catch (Exception e)
        {
            ended.SetException(e);
        }
    }

    private void Work()
    {
        s_mine = this;
        ThreadNiceness.Lower(_niceness);
        foreach (Task task in _tasks.GetConsumingEnumerable())
            TryExecuteTask(task);
        // The threads hold the queue to their end, so none of them is told to take from a queue that is gone.
    }
}
