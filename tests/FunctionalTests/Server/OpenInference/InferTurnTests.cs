using Grpc.Core;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Tensors;
using Microsoft.Extensions.DependencyInjection;
using OpenInferenceProtocol.V2;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Server.OpenInference;

/// <summary>Calls while the tower is busy with something else: they wait, but not beyond what they have, and whoever gives up harms nobody.</summary>
public sealed class InferTurnTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly ManualResetEventSlim _begun = new();
    private readonly ManualResetEventSlim _mayEnd = new();
    private RunningServer _server = null!;
    private GRPCInferenceService.GRPCInferenceServiceClient _client = null!;
    private Task _busy = Task.CompletedTask;

    public async Task InitializeAsync()
    {
        _server = await RunningServer.StartAsync();
        _client = new(_server.Channel);
        // So that the tower knows how long its runs take, and whoever has less time than that is told at once.
        for (int i = 0; i < 32; i++)
            await _server.Recommendations.EmbedUsersAsync(new() { Users = { new UserInput { RecentItemIds = { "item-3", "item-4" } } } });
        RawTower tower = RawTower.Beneath(_server.Host.Services.GetRequiredService<SnapshotRegistry>().Active!.UserTower)!;
        _busy = Task.Run(async () => await tower.Turn(Hold, 1, 1, default, CancellationToken.None));
        Assert.True(_begun.Wait(Patience));
    }

    public async Task DisposeAsync()
    {
        _mayEnd.Set();
        await _busy.WaitAsync(Patience);
        await _server.DisposeAsync();
        _begun.Dispose();
        _mayEnd.Dispose();
    }

    [Fact]
    public async Task ModelInfer_WhileTheTowerIsBusy_WaitsForItsTurn()
    {
        using AsyncUnaryCall<ModelInferResponse> waiting = _client.ModelInferAsync(Request());
        // The other tower is nobody's to wait for.
        Assert.Equal("1", (await _client.ModelInferAsync(InferMessages.Items(true, 1))).ModelVersion);
        Assert.False(waiting.ResponseAsync.IsCompleted);

        _mayEnd.Set();

        OpenInferenceTests.AssertClose(RunningServer.World.Embed(2, 3, 4), (await waiting.ResponseAsync.WaitAsync(Patience)).Elements<float>("user_embedding"));
    }

    [Fact]
    public async Task ModelInfer_WithADeadlineThatPassesMeanwhile_EndsWithItAndTheNextIsAnswered()
    {
        RpcException late = await Assert.ThrowsAsync<RpcException>(async () =>
            await _client.ModelInferAsync(Request(), deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(200)));
        Assert.Equal(StatusCode.DeadlineExceeded, late.StatusCode);

        await GoesOnAsync();
    }

    [Fact]
    public async Task ModelInfer_ThatIsCancelled_EndsAtOnceAndTheNextIsAnswered()
    {
        using var cancellation = new CancellationTokenSource();
        using AsyncUnaryCall<ModelInferResponse> call = _client.ModelInferAsync(Request(), cancellationToken: cancellation.Token);
        await cancellation.CancelAsync();
        Assert.Equal(StatusCode.Cancelled, (await Assert.ThrowsAsync<RpcException>(() => call.ResponseAsync.WaitAsync(Patience))).StatusCode);

        await GoesOnAsync();
    }

    [Fact]
    public async Task ModelInfer_WithATimeoutOfItsOwn_IsLateBeforeItsTurnComes()
    {
        ModelInferRequest request = Request();
        request.Parameters["timeout"] = new() { Int64Param = 1 };

        CallFailure failure = await RunningServer.FailAsync(_client.ModelInferAsync(request)).WaitAsync(Patience);

        Assert.Equal((StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED"), (failure.Code, failure.Reason));
        await GoesOnAsync();
    }

    private async Task GoesOnAsync()
    {
        _mayEnd.Set();
        Assert.Equal("1", (await _client.ModelInferAsync(Request()).ResponseAsync.WaitAsync(Patience)).ModelVersion);
    }

    private static ModelInferRequest Request() => InferMessages.Users(true, (2, [3, 4]));

    private void Hold()
    {
        _begun.Set();
        _mayEnd.Wait(Patience);
    }
}
