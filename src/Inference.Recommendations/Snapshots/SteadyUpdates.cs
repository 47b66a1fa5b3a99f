using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Snapshots;

/// <summary>Does something again and again in the background, at a small share of a core; one that fails is logged and tried again.</summary>
/// <param name="name">What is done, for the log.</param>
/// <param name="pause">Least time between two turns.</param>
internal sealed class SteadyUpdates(string name, TimeSpan pause, TimeProvider time, ILogger log)
{
    /// <summary>Most of a core that it takes.</summary>
    private const double MostLoad = 0.05;

    /// <summary>Goes on until it is cancelled; never fails.</summary>
    public async Task RunAsync(Action update, CancellationToken cancellationToken)
    {
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

            TimeSpan rest = time.GetElapsedTime(start) / MostLoad;
            await Task.Delay(rest > pause ? rest : pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
