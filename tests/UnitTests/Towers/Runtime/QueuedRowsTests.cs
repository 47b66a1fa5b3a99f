using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;
using Xunit;

namespace UnitTests.Towers.Runtime;

/// <summary>Every order in which a cancellation can meet the runner, step by step.</summary>
[SuppressMessage("Reliability", "CA2012", Justification = "These tests look at the tasks themselves.")]
public sealed class QueuedRowsTests
{
    private readonly List<QueuedRows<UserTowerInput>> _recycled = [];
    private readonly CancellationTokenSource _given = new();
    private readonly float[] _embeddings = new float[2];

    [Fact]
    public async Task Cancel_WhileQueued_EndsTheCallAndTheRunnerPassesOver()
    {
        (QueuedRows<UserTowerInput> call, ValueTask task) = Queue();
        await _given.CancelAsync();

        Assert.False(call.TryBeginEncoding());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await task);
    }

    [Fact]
    public async Task Cancel_WhileItsMemoryIsRead_WaitsUntilThatIsOver()
    {
        (QueuedRows<UserTowerInput> call, ValueTask task) = Queue();
        Assert.True(call.TryBeginEncoding());
        await _given.CancelAsync();
        Assert.False(task.IsCompleted);

        call.EndEncoding();

        Assert.True(task.IsCanceled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await task);
    }

    [Fact]
    public async Task Cancel_WhileRunning_EndsTheCallAndTheResultIsThrownAway()
    {
        (QueuedRows<UserTowerInput> call, ValueTask task) = Queue();
        Assert.True(call.TryBeginEncoding());
        call.EndEncoding();
        await _given.CancelAsync();
        Assert.True(task.IsCanceled);

        // Would fail on the slot that is not there, or on completing a second time, if it did anything.
        call.Complete(null!);
        call.Fail(new TowerException("too late"));

        Assert.False(call.TryBeginEncoding());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await task);
        Assert.Equal([0f, 0f], _embeddings);
    }

    [Fact]
    public async Task Cancel_AfterAFailure_ChangesNothing()
    {
        (QueuedRows<UserTowerInput> call, ValueTask task) = Queue();
        call.Fail(new TowerException("broken"));
        await _given.CancelAsync();

        Assert.Equal("broken", (await Assert.ThrowsAsync<TowerException>(async () => await task)).Message);
    }

    [Fact]
    public async Task Release_OfBothSides_IsWhatMakesItReusable()
    {
        (QueuedRows<UserTowerInput> call, ValueTask task) = Queue();
        call.Fail(new TowerException("broken"));
        call.Release();
        Assert.Empty(_recycled);

        await Assert.ThrowsAsync<TowerException>(async () => await task);

        Assert.Same(call, Assert.Single(_recycled));
        await _given.CancelAsync();
        call.Prepare(new UserTowerInput[1], _embeddings, CancellationToken.None);
        Assert.False(call.Await().IsCompleted);
    }

    private (QueuedRows<UserTowerInput> Call, ValueTask Task) Queue()
    {
        var call = new QueuedRows<UserTowerInput>(_recycled.Add);
        call.Prepare(new UserTowerInput[1], _embeddings, _given.Token);
        return (call, call.Await());
    }
}
