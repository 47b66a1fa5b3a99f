using Inference.Recommendations.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace UnitTests.Recommendations;

public sealed class SteadyUpdatesTests
{
    [Fact]
    public async Task RunAsync_GoesOnAfterAFailure_OnAThreadOfItsOwn_UntilItIsCancelled()
    {
        using var ended = new CancellationTokenSource();
        var threads = new HashSet<(int, bool)>();
        int turns = 0;
        var updates = new SteadyUpdates("turns", () => TimeSpan.FromMilliseconds(1), TimeProvider.System, NullLogger.Instance);

        await updates.RunAsync(
            () =>
            {
                threads.Add((Environment.CurrentManagedThreadId, Thread.CurrentThread.IsThreadPoolThread));
                if (++turns == 5)
                    ended.Cancel();
                throw new InvalidOperationException("one that fails");
            },
            ended.Token).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(5, turns);
        Assert.False(Assert.Single(threads).Item2);
    }
}
