using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Snapshots;

/// <summary>
/// Does something again and again on a thread of its own that gives way to those that answer requests, and takes a small share of a core; one that fails is logged and tried again. On a thread of the pool it would compete with requests as an
/// equal: on one core a turn of a hundred milliseconds doubles the time of all that come meanwhile.
/// </summary>
/// <param name="name">What is done, for the log and the thread.</param>
/// <param name="pause">Least time between two turns.</param>
internal sealed class SteadyUpdates(string name, Func<TimeSpan> pause, TimeProvider time, ILogger log)
{
    /// <summary>Most of a core that it takes.</summary>
    private const double MostLoad = 0.05;

    /// <summary>Goes on until it is cancelled; never fails.</summary>
    /// <returns>Ends with the last turn.</returns>
    public Task RunAsync(Action update, CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        new Thread(() => Work(update, ended, cancellationToken)) { Name = name, IsBackground = true }.Start();
        return ended.Task;
    }

    private void Work(Action update, TaskCompletionSource ended, CancellationToken cancellationToken)
    {
        ThreadNiceness.Lower();
        while (!cancellationToken.IsCancellationRequested)
        {
            long start = time.GetTimestamp();
            try
            {
                update();
            }
            catch (Exception e)
            {
                Log.UpdateFailed(log, name, e);
            }

            TimeSpan rest = time.GetElapsedTime(start) / MostLoad, least = pause();
            using Task wait = Task.Delay(rest > least ? rest : least, time, cancellationToken);
            ((IAsyncResult)wait).AsyncWaitHandle.WaitOne();
        }

        ended.SetResult();
    }
}
