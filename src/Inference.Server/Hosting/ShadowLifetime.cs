using Inference.Recommendations.Comparison;

namespace Inference.Server.Hosting;

/// <summary>Ends shadow traffic before the models go.</summary>
internal sealed class ShadowLifetime(ShadowTraffic shadow) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => shadow.StopAsync(cancellationToken);
}
