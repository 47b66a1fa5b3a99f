using Inference.Recommendations.Recall;

namespace Inference.Server.Hosting;

/// <summary>Checks searches while the server runs, and ends before the models go.</summary>
internal sealed class RecallLifetime(RecallMonitor recall) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        recall.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => recall.StopAsync(cancellationToken);
}
