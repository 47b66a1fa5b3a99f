using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Ports;
using Inference.Towers.Batching;
using Xunit;

namespace UnitTests.Towers.Batching;

/// <summary>Every order in which an answer can meet whoever touches the caller's memory, step by step.</summary>
[SuppressMessage("Reliability", "CA2012", Justification = "These tests look at the tasks themselves.")]
public sealed class BatchedCallTests : IDisposable
{
    private readonly FakeRunner _runner = new();
    private readonly ContinuousBatcher<FakeWork> _batcher;
    private readonly CancellationTokenSource _given = new();

    public BatchedCallTests() => _batcher = _runner.Batcher();

    public void Dispose()
    {
        _batcher.Dispose();
        _given.Dispose();
    }

    [Fact]
    public async Task Cancel_WhileNobodyTouches_EndsTheCall()
    {
        (BatchedCall<FakeWork> call, ValueTask<EncodeOutcome> task) = Queue(1);
        await _given.CancelAsync();

        Assert.True(task.IsCanceled);
        Assert.True(call.IsDecided);
        Assert.False(call.TryTouch());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await task);
    }

    [Fact]
    public async Task Cancel_WhileItsMemoryIsTouched_WaitsForTheLastToLeave()
    {
        (BatchedCall<FakeWork> call, ValueTask<EncodeOutcome> task) = Queue(1);
        Assert.True(call.TryTouch());
        Assert.True(call.TryTouch());
        await _given.CancelAsync();
        Assert.False(task.IsCompleted);
        Assert.False(call.TryTouch());
        call.Untouch();
        Assert.False(task.IsCompleted);

        call.Untouch();

        Assert.True(task.IsCanceled);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await task);
    }

    [Fact]
    public async Task RowWritten_OfTheLastRow_EndsTheCallAsItsMemoryIsLeft()
    {
        (BatchedCall<FakeWork> call, ValueTask<EncodeOutcome> task) = Queue(2);
        Assert.True(call.TryTouch());
        call.RowWritten();
        call.Untouch();
        Assert.False(task.IsCompleted);
        Assert.True(call.TryTouch());
        call.RowWritten();
        Assert.False(task.IsCompleted);
        call.Untouch();

        Assert.Equal(EncodeOutcome.Encoded, await task);
    }

    [Fact]
    public async Task TryDecide_ASecondTime_ChangesNothing()
    {
        (BatchedCall<FakeWork> call, ValueTask<EncodeOutcome> task) = Queue(1);
        Assert.True(call.TryDecide(default, new TowerException("broken")));
        Assert.False(call.TryDecide(EncodeOutcome.Late, null));
        await _given.CancelAsync();

        Assert.Equal("broken", (await Assert.ThrowsAsync<TowerException>(async () => await task)).Message);
    }

    [Fact]
    public async Task Release_OfBothSides_IsWhatMakesItReusable()
    {
        (BatchedCall<FakeWork> call, ValueTask<EncodeOutcome> task) = Queue(1);
        call.TryDecide(EncodeOutcome.Late, null);
        call.Release();
        Assert.Equal(1, call.Work.Values?.Length);
        Assert.Equal(EncodeOutcome.Late, await task);
        Assert.Null(call.Work.Values);
        await _given.CancelAsync();

        call.Prepare(_runner, FakeWork.Of(1), 1, 4);
        call.SetUrgency(default, 0, long.MaxValue, CancellationToken.None);
        Assert.False(call.Await().IsCompleted);
    }

    private (BatchedCall<FakeWork> Call, ValueTask<EncodeOutcome> Task) Queue(int rows)
    {
        var call = new BatchedCall<FakeWork>(_batcher);
        call.Prepare(_runner, FakeWork.Of(new int[rows]), rows, 4);
        call.SetUrgency(default, 0, long.MaxValue, _given.Token);
        return (call, call.Await());
    }
}
