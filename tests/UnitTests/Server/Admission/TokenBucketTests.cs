using Inference.Server.Admission;
using Inference.Server.Admission.Quotas;
using Xunit;

namespace UnitTests.Server.Admission;

public sealed class TokenBucketTests
{
    private const long Second = 1_000_000;

    [Fact]
    public void Take_AfterASilence_GivesTheBurstAndThenTheRate()
    {
        var bucket = new TokenBucket(perSecond: 10, burst: 5, Second);

        Assert.Equal([0, 0, 0, 0, 0], Enumerable.Range(0, 5).Select(_ => bucket.Take(0)));
        Assert.Equal(Second / 10, bucket.Take(0));
        Assert.Equal(Second / 20, bucket.Take(Second / 20));
        Assert.Equal(0, bucket.Take(Second / 10));
        Assert.NotEqual(0, bucket.Take(Second / 10));
    }

    [Fact]
    public void Take_AtTheTimeThatItNamed_IsGranted()
    {
        var bucket = new TokenBucket(perSecond: 7, burst: 3, Second);
        long now = 0;
        for (int i = 0; i < 1_000; i++)
        {
            long wait = bucket.Take(now);
            now += wait;
            Assert.True(wait == 0 || bucket.Take(now) == 0, $"after {now}");
        }
    }

    [Theory]
    [InlineData(3, 1, 0.5)]
    [InlineData(1_000, 50, 2)]
    [InlineData(0.5, 10, 3)]
    public void Take_OfAnyArrivals_NeverGivesMoreThanRateAndBurst(double perSecond, int burst, double load)
    {
        const int seed = 11;
        var random = new Random(seed);
        var bucket = new TokenBucket(perSecond, burst, Second);
        double now = 0;
        var granted = new List<double>();
        for (int i = 0; i < 5_000; i++)
        {
            now += -Math.Log(1 - random.NextDouble()) * Second / (perSecond * load);
            if (bucket.Take((long)now) == 0)
                granted.Add((long)now);
        }

        Assert.True(granted.Count > 0);
        // In every span of time: what the rate gives in it, and one burst.
        for (int first = 0; first < granted.Count; first++)
        {
            for (int last = first; last < Math.Min(granted.Count, first + 200); last++)
                Assert.True(last - first + 1 <= burst + ((granted[last] - granted[first]) / Second * perSecond) + 1.01, $"seed {seed}: {first} to {last}");
        }
    }

    [Fact]
    public async Task Take_FromManyThreads_GivesExactlyTheBurst()
    {
        var bucket = new TokenBucket(perSecond: 1, burst: 1_000, Second);
        int granted = 0;

        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() =>
        {
            for (int i = 0; i < 1_000; i++)
            {
                if (bucket.Take(0) == 0)
                    Interlocked.Increment(ref granted);
            }
        })));

        Assert.Equal(1_000, granted);
    }

    [Fact]
    public void ClientUse_WithARefusedCall_HoldsNothingOfIt()
    {
        var use = new ClientUse(new QuotaOptions { RequestsPerSecond = 1, MaxConcurrent = 2 }, Second);

        Assert.Equal(QuotaAnswer.Granted, use.TryEnter(0, out _));
        Assert.Equal(QuotaAnswer.Rate, use.TryEnter(0, out long wait));
        Assert.Equal(Second, wait);
        Assert.Equal(QuotaAnswer.Granted, use.TryEnter(Second, out _));
        Assert.Equal(QuotaAnswer.Concurrency, use.TryEnter(10 * Second, out _));
        Assert.Equal(2, use.Concurrent);
        use.Leave();
        use.Leave();
        Assert.True(use.IsIdle(10 * Second));
    }
}
