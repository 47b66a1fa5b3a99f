using Inference.Recommendations.Ports;
using Inference.Storage.Redis;
using Microsoft.Extensions.Logging.Abstractions;
using Polly;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Storage.Redis;

public class RedisBreakerTests
{
    private readonly ManualTime _time = new();
    private readonly RedisBreaker _breaker;
    private int _sent;

    public RedisBreakerTests() => _breaker = new RedisBreaker(new RedisOptions { BreakerFailureRatio = 0.5, BreakDuration = TimeSpan.FromSeconds(1) }, _time, NullLogger.Instance);

    [Fact]
    public async Task Outages_OpenIt_AndOneCommandTriesAfterTheBreak()
    {
        for (int i = 0; i < 3; i++)
            Assert.Equal(StoreFailure.Timeout, await RunAsync(StoreFailure.Timeout));
        Assert.True(_breaker.IsOpen);

        Assert.Equal(StoreFailure.Unavailable, await RunAsync(null));
        Assert.Equal(3, _sent);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(StoreFailure.Timeout, await RunAsync(StoreFailure.Timeout));
        Assert.Equal(StoreFailure.Unavailable, await RunAsync(null));
        Assert.Equal(4, _sent);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Null(await RunAsync(null));
        Assert.False(_breaker.IsOpen);
        Assert.Null(await RunAsync(null));
    }

    [Theory]
    [InlineData(StoreFailure.Refused)]
    [InlineData(StoreFailure.Corrupt)]
    public async Task Failures_OfSingleCommands_LeaveItClosed(StoreFailure failure)
    {
        for (int i = 0; i < 100; i++)
            Assert.Equal(failure, await RunAsync(failure));
        Assert.False(_breaker.IsOpen);
    }

    [Fact]
    public async Task Outages_ThatAreFewAmongMany_LeaveItClosed()
    {
        for (int i = 0; i < 100; i++)
        {
            await RunAsync(null);
            await RunAsync(null);
            await RunAsync(i % 2 == 0 ? StoreFailure.Connection : null);
        }

        Assert.False(_breaker.IsOpen);
    }

    [Fact]
    public async Task Outages_AfterManySuccesses_OpenItOnceTheseAreASecondAgo()
    {
        for (int i = 0; i < 10_000; i++)
            await RunAsync(null);
        for (int i = 0; i < 8 && !_breaker.IsOpen; i++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(250));
            await RunAsync(StoreFailure.Timeout);
        }

        Assert.True(_breaker.IsOpen);
    }

    [Fact]
    public async Task Close_LetsCommandsThroughAtOnce()
    {
        for (int i = 0; i < 3; i++)
            await RunAsync(StoreFailure.Timeout);
        Assert.True(_breaker.IsOpen);

        await _breaker.CloseAsync();

        Assert.False(_breaker.IsOpen);
        Assert.Null(await RunAsync(null));
    }

    private async Task<StoreFailure?> RunAsync(StoreFailure? failure)
    {
        Outcome<int> outcome = await _breaker.RunAsync(
            (_, failure) =>
            {
                _sent++;
                return ValueTask.FromResult(failure is { } kind ? Outcome.FromException<int>(new StoreException(kind, "")) : Outcome.FromResult(1));
            },
            failure);
        return (outcome.Exception as StoreException)?.Failure;
    }
}
