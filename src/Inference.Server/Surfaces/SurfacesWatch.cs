using Inference.Server.Options;

namespace Inference.Server.Surfaces;

/// <summary>Looks at the file of surfaces now and then. It is polled, because shared and mounted file systems tell nobody of changes.</summary>
internal sealed class SurfacesWatch(ServedSurfaces surfaces, SurfaceOptions options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!surfaces.HasFile || options.PollInterval == TimeSpan.Zero)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(options.PollInterval, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!stoppingToken.IsCancellationRequested)
                surfaces.Look();
        }
    }
}
