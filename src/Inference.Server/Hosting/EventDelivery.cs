using Inference.Recommendations.Exploration;
using Inference.Recommendations.Snapshots;
using Inference.Storage.Decisions;
using Inference.Storage.Events;

namespace Inference.Server.Hosting;

/// <summary>Lets recorded events move popularity, trends and the counts of exploration while the server runs; and brings to Redis and to the log of decisions what they still lack once calls have ended, within what is left of the drain time.</summary>
internal sealed class EventDelivery(UserEvents events, LivePopularity popularity, LiveTrends trends, ItemExposure exposure, ILogger<EventDelivery> log, DecisionLog? decisions = null) : IHostedLifecycleService, IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        _running = Task.WhenAll(
            Task.Run(() => popularity.RunAsync(log, _stopping.Token), CancellationToken.None),
            Task.Run(() => trends.RunAsync(log, _stopping.Token), CancellationToken.None),
            Task.Run(() => exposure.RunAsync(log, _stopping.Token), CancellationToken.None));
        return Task.CompletedTask;
    }

    public async Task StoppedAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _running;
        await events.CloseAsync(cancellationToken);
        if (decisions is not null)
            await decisions.CloseAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _stopping.Dispose();
}
