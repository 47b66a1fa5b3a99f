using System.Diagnostics.Metrics;
using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Xunit;

namespace UnitTests.Towers.Batching;

public sealed class QueueDepthsTests
{
    [Fact]
    public async Task Measure_OfTwoBatchersOfOneName_AddsThemUntilTheyAreGone()
    {
        const string Name = "two of a name";
        FakeRunner first = new(), second = new();
        using ContinuousBatcher<FakeWork> one = first.Batcher(name: Name), two = second.Batcher(name: Name);
        using FakeRunner.Hold busy = first.HoldBusy(one), alsoBusy = second.HoldBusy(two);
        Task<EncodeOutcome> interactive = one.RunAsync(FakeWork.Of(1, 2), 2, default, CancellationToken.None).AsTask();
        Task<EncodeOutcome> bulk = two.RunAsync(FakeWork.Of(1, 2, 3), 3, new Urgency(WorkPriority.Bulk), CancellationToken.None).AsTask();
        Task<EncodeOutcome> other = two.RunAsync(FakeWork.Of(1), 1, default, CancellationToken.None).AsTask();

        Assert.Equal([("interactive", 3), ("bulk", 3)], Measured(Name));
        two.Dispose();
        Assert.Equal([("interactive", 2), ("bulk", 0)], Measured(Name));
        one.Dispose();
        Assert.Empty(Measured(Name));

        foreach (Task<EncodeOutcome> call in (Task<EncodeOutcome>[])[interactive, bulk, other])
            await Assert.ThrowsAsync<TowerException>(() => call);
    }

    private static (string Priority, long Rows)[] Measured(string name) =>
        [.. QueueDepths.Measure().Where(measured => TagOf(measured, "tower") == name).Select(measured => (TagOf(measured, "priority"), measured.Value))];

    private static string TagOf(Measurement<long> measured, string tag)
    {
        foreach (KeyValuePair<string, object?> pair in measured.Tags)
        {
            if (pair.Key == tag)
                return (string)pair.Value!;
        }

        return "";
    }
}
