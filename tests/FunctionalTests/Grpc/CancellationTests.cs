using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class CancellationTests : IAsyncLifetime
{
    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Theory]
    [InlineData(null)]
    [InlineData("1H")]
    public async Task Cancel_DuringHandler_CancelsItsToken(string? timeout)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var cancelled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Behavior.Unary = async (request, context) =>
        {
            context.CancellationToken.Register(cancelled.SetResult);
            started.SetResult();
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
            return request;
        };
        using var cancel = new CancellationTokenSource();

        var call = _host.Client.SendAsync(Request("Unary", ProbeFrame(), timeout is null ? [] : [("grpc-timeout", timeout)]), cancel.Token);
        await started.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await _host.AssertIdleAsync();
    }

    [Fact]
    public async Task Cancel_DuringStreamOfReplies_EndsTheWrites()
    {
        Exception? thrown = null;
        _host.Behavior.Expand = async (request, responses, _) =>
        {
            thrown = await Record.ExceptionAsync(async () =>
            {
                while (true)
                {
                    await responses.WriteAsync(request);
                    await Task.Yield();
                }
            });
        };

        using (var response = await _host.Client.SendAsync(Request("Expand", ProbeFrame(1)), HttpCompletionOption.ResponseHeadersRead))
        {
            var stream = await FrameStream.OpenAsync(response);
            Assert.NotNull(await stream.NextAsync());
        }

        await _host.AssertIdleAsync();
        Assert.True(thrown is InvalidOperationException or OperationCanceledException, $"{thrown}");
    }

    [Fact]
    public async Task Cancel_OfCallerThatDoesNotRead_EndsTheWriteUnderWay()
    {
        var pending = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? thrown = null;
        _host.Behavior.Expand = async (_, responses, _) =>
        {
            var large = new BytesValue { Value = ByteString.CopyFrom(new byte[100_000]) };
            Task write;
            do
            {
                write = responses.WriteAsync(large);
            }
            while (write.IsCompletedSuccessfully);

            pending.SetResult();
            thrown = await Record.ExceptionAsync(async () =>
            {
                while (true)
                {
                    await write;
                    write = responses.WriteAsync(large);
                }
            });
        };

        var response = await _host.Client.SendAsync(Request("Expand", ProbeFrame(1)), HttpCompletionOption.ResponseHeadersRead);
        await pending.Task.WaitAsync(TimeSpan.FromSeconds(10));
        response.Dispose();

        await _host.AssertIdleAsync();
        Assert.True(thrown is InvalidOperationException or OperationCanceledException, $"{thrown}");
    }

    [Fact]
    public async Task Cancel_DuringStreamOfRequests_EndsTheReads()
    {
        var reading = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Exception? thrown = null;
        _host.Behavior.Collect = async (requests, _) =>
        {
            Assert.True(await requests.MoveNext(CancellationToken.None));
            reading.SetResult();
            thrown = await Record.ExceptionAsync(() => requests.MoveNext(CancellationToken.None));
            return new BytesValue();
        };
        using var content = new PushContent();
        using var cancel = new CancellationTokenSource();
        var call = _host.Client.SendAsync(Request("Collect", content), cancel.Token);
        await content.SendAsync(ProbeFrame(1));
        await reading.Task.WaitAsync(TimeSpan.FromSeconds(10));

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await _host.AssertIdleAsync();
        Assert.NotNull(thrown);
        content.Complete();
    }

    [Fact]
    public async Task MoveNext_WithCancelledToken_ThrowsAndLosesNothing()
    {
        var thrown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Behavior.Collect = async (requests, _) =>
        {
            using var soon = new CancellationTokenSource(TimeSpan.FromMilliseconds(20));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => requests.MoveNext(soon.Token));
            thrown.SetResult();
            Assert.True(await requests.MoveNext(CancellationToken.None));
            return requests.Current;
        };
        using var content = new PushContent();
        var call = _host.Client.SendAsync(Request("Collect", content), HttpCompletionOption.ResponseHeadersRead);
        await content.SendAsync(ProbeFrame(1, 2)[..3]);
        await thrown.Task.WaitAsync(TimeSpan.FromSeconds(30));
        await content.SendAsync(ProbeFrame(1, 2)[3..]);
        content.Complete();

        using var response = await call.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.Equal([1, 2], (await GrpcReply.ReadAsync(response)).Content);
    }
}
