using Inference.Towers.Bundles;

namespace Inference.Server.Hosting;

/// <summary>Logs how far a long load is, every few seconds; a short one says nothing but that it is done.</summary>
internal sealed class LoadProgressLog(TimeProvider time, ILogger log) : IProgress<BundleLoadProgress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private long _last = time.GetTimestamp();

    public void Report(BundleLoadProgress value)
    {
        lock (_lock)
        {
            if (time.GetElapsedTime(_last) < Pause)
                return;
            _last = time.GetTimestamp();
        }

        Log.LoadingStep(log, value.Stage, value.Done, value.Total);
    }
}
