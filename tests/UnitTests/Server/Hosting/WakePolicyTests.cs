using Inference.Server.Hosting;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Hosting;

/// <summary>The policy is that of all threads of the process, so no other test runs meanwhile.</summary>
[Collection(nameof(AloneInProcess))]
public sealed class WakePolicyTests
{
    private const int Normal = 0, Batch = 3;

    [SkippableFact]
    public async Task Threads_ChangeTheirPolicyInAnOverload_AlsoThoseThatStartLater_AndChangeItBack()
    {
        Skip.IfNot(WakePolicy.IsOpen, "Not on Linux, or these tests were started with a scheduling policy of their own.");
        using var first = new Watched();
        double refused = 0.9;
        using (OverloadScheduling.Keep(() => Volatile.Read(ref refused)))
        {
            await first.Has(Batch);
            using var second = new Watched();
            await second.Has(Batch);

            Volatile.Write(ref refused, 0);
            await first.Has(Normal);
            await second.Has(Normal);

            Volatile.Write(ref refused, 0.9);
            await first.Has(Batch);
        }

        await first.Has(Normal);
    }

    /// <summary>A thread that says what its policy is.</summary>
    private sealed class Watched : IDisposable
    {
        private readonly Thread _thread;
        private readonly ManualResetEventSlim _ends = new();
        private volatile int _policy = -1;

        public Watched()
        {
            _thread = new Thread(Work) { IsBackground = true };
            _thread.Start();
        }

        public async Task Has(int policy)
        {
            for (int i = 0; _policy != policy; i++)
            {
                Assert.True(i < 3_000, $"The thread did not come to policy {policy} within 30 s: it has {_policy}.");
                await Task.Delay(10);
            }
        }

        public void Dispose()
        {
            _ends.Set();
            _thread.Join();
            _ends.Dispose();
        }

        private void Work()
        {
            do
                _policy = WakePolicy.GetPolicy(0);
            while (!_ends.Wait(millisecondsTimeout: 1));
        }
    }
}
