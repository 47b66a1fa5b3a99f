using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Xunit;

namespace UnitTests.Towers.Batching;

/// <summary>Many callers of all kinds at once: no row is mixed up, lost or computed for nobody, and memory that was given back stays untouched.</summary>
public sealed class BatchStressTests
{
    [Theory]
    [InlineData(1, 1, true, true)]
    [InlineData(2, 1, true, false)]
    [InlineData(3, 3, true, true)]
    [InlineData(4, 2, false, true)]
    public async Task RunAsync_FromManyCallersOfAllKinds_AnswersEachOnce(int seed, int slots, bool runsOnCallers, bool threadsAreFree)
    {
        var runner = new FakeRunner(maxBatch: 8, maxLength: 5, slots);
        using ContinuousBatcher<FakeWork> batcher = runner.Batcher(maxQueuedRows: 40, runsOnCallers: runsOnCallers, threadsAreFree: threadsAreFree);
        var counts = new int[5];
        await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(async () =>
        {
            var random = new Random((seed * 100) + caller);
            for (int i = 0; i < 500; i++)
            {
                int rows = random.Next(10) == 0 ? random.Next(9, 40) : random.Next(1, 5);
                bool broken = random.Next(20) == 0;
                FakeWork work = new([.. Enumerable.Range(0, rows).Select(_ => random.Next(1, 6))], [.. Enumerable.Range(0, rows).Select(_ => random.Next(1_000_000))], new int[rows]);
                if (broken)
                    work.Values[random.Next(rows)] = random.Next(3) switch { 0 => FakeWork.Unreadable, 1 => FakeWork.Poison, _ => FakeWork.Useless };
                var urgency = new Urgency(random.Next(3) == 0 ? WorkPriority.Bulk : WorkPriority.Interactive, random.Next(15) == 0 ? TimeSpan.Zero : random.Next(2) == 0 ? TimeSpan.FromSeconds(1) : null);
                using var given = new CancellationTokenSource();
                ValueTask<EncodeOutcome> running = batcher.RunAsync(work, rows, urgency, random.Next(3) == 0 ? given.Token : CancellationToken.None);
                if (random.Next(2) == 0)
                    await given.CancelAsync();
                int kind;
                try
                {
                    EncodeOutcome outcome = await running;
                    kind = (int)outcome;
                    Assert.False(broken && outcome == EncodeOutcome.Encoded);
                    Assert.Equal(outcome == EncodeOutcome.Encoded ? work.Values.Select(value => value + 1) : new int[rows], work.Results);
                }
                catch (OperationCanceledException)
                {
                    kind = 3;
                }
                catch (TowerException)
                {
                    kind = 4;
                    Assert.True(broken);
                }

                // From here on the memory is the caller's again.
                Interlocked.Increment(ref counts[kind]);
                Array.Fill(work.Results, -7);
                Array.Fill(work.Values, FakeWork.Poison);
                if (random.Next(4) == 0)
                    await Task.Yield();
                Assert.DoesNotContain(work.Results, result => result != -7);
            }
        })));

        Assert.Equal(4000, counts.Sum());
        Assert.True(counts[0] > 1500, $"Only {counts[0]} were answered; late {counts[1]}, refused {counts[2]}, cancelled {counts[3]}, failed {counts[4]}.");
        Assert.True(counts[1] > 50 && counts[4] > 20, $"Late {counts[1]}, failed {counts[4]}.");
        Assert.Equal(0, batcher.RowsWaiting(WorkPriority.Interactive) + batcher.RowsWaiting(WorkPriority.Bulk));
    }
}
