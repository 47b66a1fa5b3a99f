using Inference.Towers.Bundles;

namespace Inference.Server.Hosting;

/// <summary>Logs how far a load is: each stage once, and within a long one every few seconds.</summary>
internal sealed class LoadProgressLog(TimeProvider time, ILogger log) : IProgress<BundleLoadProgress>
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private BundleLoadStage? _stage;
    private long _last;

    public void Report(BundleLoadProgress value)
    {
        lock (_lock)
        {
            if (value.Stage == _stage && time.GetElapsedTime(_last) < Pause)
                return;
            _stage = value.Stage;
            _last = time.GetTimestamp();
        }

        Log.LoadingStep(log, value.Stage, value.Done, value.Total);
    }
}
