using System.Runtime.CompilerServices;
using Inference.Recommendations.Ports;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.CircuitBreaker;

namespace Inference.Storage.Redis;

/// <summary>
/// Leaves Redis alone for a while when too many commands fail; then one command tries whether it is well again (Polly's circuit breaker). Only outages count: no answer in time,
/// broken connections, a server that cannot serve now. A refused command says nothing about the next one.
/// </summary>
internal sealed class RedisBreaker
{
    /// <summary>Failures are counted over so long. Short, since a Redis that freezes gives few failures, one for each command timeout, after many successes.</summary>
    private static readonly TimeSpan Sampling = TimeSpan.FromSeconds(1);

    private readonly CircuitBreakerManualControl _control = new();
    private readonly ResiliencePipeline _pipeline;
    private volatile bool _open;

    public RedisBreaker(RedisOptions options, TimeProvider time, ILogger log)
    {
        _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                FailureRatio = options.BreakerFailureRatio,
                SamplingDuration = Sampling,
                MinimumThroughput = 3,
                BreakDuration = options.BreakDuration,
                ManualControl = _control,
                ShouldHandle = static outcome => ValueTask.FromResult(RedisFailures.IsOutage(outcome.Outcome.Exception)),
                OnOpened = opened =>
                {
                    _open = true;
                    Log.RedisRests(log, opened.BreakDuration.TotalSeconds);
                    return ValueTask.CompletedTask;
                },
                OnClosed = _ =>
                {
                    _open = false;
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Whether commands are held back; one of them may still go through, to try.</summary>
    public bool IsOpen => _open;

    /// <summary>Runs a command unless Redis is being left alone.</summary>
    /// <returns>What came of it; every exception in it is a <see cref="StoreException"/> or what <paramref name="command"/> gave.</returns>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Outcome<T>> RunAsync<T, TState>(Func<ResilienceContext, TState, ValueTask<Outcome<T>>> command, TState state)
    {
        ResilienceContext context = ResilienceContextPool.Shared.Get();
        try
        {
            Outcome<T> outcome = await _pipeline.ExecuteOutcomeAsync(command, context, state);
            return outcome.Exception is BrokenCircuitException ? Outcome.FromException<T>(new StoreException(StoreFailure.Unavailable, "Redis failed too often and is left alone for a while.")) : outcome;
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }
    }

    /// <summary>Redis is known to be well: commands go through at once.</summary>
    public Task CloseAsync() => _open ? _control.CloseAsync() : Task.CompletedTask;
}
