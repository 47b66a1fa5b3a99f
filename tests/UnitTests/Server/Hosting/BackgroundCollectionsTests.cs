using Inference.Server.Hosting;
using Xunit;

namespace UnitTests.Server.Hosting;

public sealed class BackgroundCollectionsTests
{
    private const int Batch = 3;

    [SkippableFact]
    public async Task Collections_AreAskedFor_ByAThreadThatMayNotInterrupt()
    {
        Skip.IfNot(WakePolicy.IsOpen, "Not on Linux, or these tests were started with a scheduling policy of their own.");
        var asked = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        bool serves = false;
        using var collections = new BackgroundCollections(new CollectionPace(TimeSpan.Zero), TimeSpan.FromMilliseconds(1), () => Volatile.Read(ref serves), () => asked.TrySetResult(WakePolicy.GetPolicy(0)));
        for (int i = 0; !asked.Task.IsCompleted && i < 1_000; i++)
        {
            // Something grows old.
            GC.Collect(1);
            await Task.Delay(10);
            if (i != 20)
                continue;
            Assert.False(asked.Task.IsCompleted, "It asked before the server served.");
            Volatile.Write(ref serves, true);
        }

        Assert.Equal(Batch, await asked.Task.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    [Fact]
    public void IsConcurrent_IsWhatTheRuntimeSays()
    {
        Assert.Contains("ConcurrentGC", GC.GetConfigurationVariables());
        Assert.True(BackgroundCollections.IsConcurrent(new Dictionary<string, object> { ["ConcurrentGC"] = true }));
        Assert.False(BackgroundCollections.IsConcurrent(new Dictionary<string, object> { ["ConcurrentGC"] = false }));
        Assert.False(BackgroundCollections.IsConcurrent(new Dictionary<string, object>()));
    }

    [Fact]
    public void IsNeeded_OnSeveralProcessors_IsFalse()
    {
        if (Environment.ProcessorCount > 1)
            Assert.False(BackgroundCollections.IsNeeded);
    }
}
