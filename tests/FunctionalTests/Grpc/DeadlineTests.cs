using System.Diagnostics;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class DeadlineTests : IAsyncLifetime
{
    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Deadline_ThatPasses_CancelsTheTokenAndAnswersDeadlineExceeded()
    {
        var cancelled = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Behavior.Unary = async (request, context) =>
        {
            try
            {
                await Task.Delay(Timeout.Infinite, context.CancellationToken);
            }
            finally
            {
                cancelled.SetResult(context.CancellationToken.IsCancellationRequested);
            }

            return request;
        };

        var reply = await _host.CallAsync("Unary", ProbeFrame(), ("grpc-timeout", "50m"));

        Assert.Equal(StatusCode.DeadlineExceeded, reply.Status);
        Assert.Empty(reply.Messages);
        Assert.True(await cancelled.Task.WaitAsync(TimeSpan.FromSeconds(10)));
        await _host.AssertIdleAsync();
    }

    [Fact]
    public async Task Deadline_WithHandlerThatDoesNotHeedIt_AnswersAtOnce()
    {
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _host.Behavior.Unary = async (request, _) =>
        {
            await release.Task;
            return request;
        };

        var watch = Stopwatch.StartNew();
        var reply = await _host.CallAsync("Unary", ProbeFrame(), ("grpc-timeout", "100m"));

        Assert.Equal(StatusCode.DeadlineExceeded, reply.Status);
        Assert.InRange(watch.Elapsed, TimeSpan.FromMilliseconds(90), TimeSpan.FromSeconds(10));
        Assert.Equal(1, _host.ActiveRequests); // the request lives as long as its handler, which may still use it
        release.SetResult();
        await _host.AssertIdleAsync();
        Assert.Equal(StatusCode.OK, (await _host.CallAsync("Unary", ProbeFrame())).Status);
    }

#if !OFFICIAL_PACKAGES // The official server cancels the stream behind the status, and HttpClient then tells only of that.
    [Fact]
    public async Task Deadline_WithRequestThatNeverEnds_Answers()
    {
        using var content = new PushContent();
        using var response = await _host.Client.SendAsync(
            Request("Unary", content, ("grpc-timeout", "50m")), HttpCompletionOption.ResponseHeadersRead).WaitAsync(TimeSpan.FromSeconds(10));

        var reply = await GrpcReply.ReadAsync(response);
        content.Complete();

        Assert.Equal(StatusCode.DeadlineExceeded, reply.Status);
        await _host.AssertIdleAsync();
    }

    [Fact]
    public async Task Deadline_DuringStreamOfRequests_EndsTheHandler()
    {
        Exception? thrown = null;
        _host.Behavior.Chat = async (requests, responses, context) =>
        {
            thrown = await Record.ExceptionAsync(async () =>
            {
                await foreach (var request in requests.ReadAllAsync(CancellationToken.None))
                {
                    await responses.WriteAsync(request);
                }
            });
        };
        using var content = new PushContent();
        var sending = _host.Client.SendAsync(Request("Chat", content, ("grpc-timeout", "2S")), HttpCompletionOption.ResponseHeadersRead);
        await content.SendAsync(ProbeFrame(1));
        using var response = await sending.WaitAsync(TimeSpan.FromSeconds(10));

        var reply = await GrpcReply.ReadAsync(response);
        content.Complete();

        Assert.Equal(StatusCode.DeadlineExceeded, reply.Status);
        await _host.AssertIdleAsync();
        Assert.NotNull(thrown);
    }
#endif

    [Fact]
    public async Task Deadline_DuringStreamOfReplies_EndsTheStream()
    {
        _host.Behavior.Expand = async (request, responses, context) =>
        {
            await responses.WriteAsync(request);
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        };

        var reply = await _host.CallAsync("Expand", ProbeFrame(1), ("grpc-timeout", "2S"));

        Assert.Equal([1], reply.Content);
        Assert.Equal(StatusCode.DeadlineExceeded, reply.Status);
        Assert.False(reply.IsTrailersOnly);
        await _host.AssertIdleAsync();
    }

    [Fact]
    public async Task Deadline_WithCallerThatDoesNotRead_EndsTheCall()
    {
        _host.Behavior.Expand = async (_, responses, context) =>
        {
            var large = new BytesValue { Value = ByteString.CopyFrom(new byte[100_000]) };
            while (true)
            {
                await responses.WriteAsync(large);
            }
        };

        using var response = await _host.Client.SendAsync(Request("Expand", ProbeFrame(1), ("grpc-timeout", "300m")), HttpCompletionOption.ResponseHeadersRead);

        await _host.AssertIdleAsync();
    }

    [Theory]
    [InlineData("1H", 3600)]
    [InlineData("2M", 120)]
    [InlineData("30S", 30)]
    [InlineData("45000m", 45)]
    [InlineData("50000000u", 50)]
    public async Task Deadline_InAnyUnit_IsTold(string timeout, int seconds)
    {
        DateTime deadline = default;
        _host.Behavior.Unary = (request, context) =>
        {
            deadline = context.Deadline;
            return Task.FromResult(request);
        };

        var before = TimeProvider.System.GetUtcNow();
        Assert.Equal(StatusCode.OK, (await _host.CallAsync("Unary", ProbeFrame(), ("grpc-timeout", timeout))).Status);

        Assert.Equal(DateTimeKind.Utc, deadline.Kind);
        Assert.InRange(deadline, before.UtcDateTime.AddSeconds(seconds - 1), TimeProvider.System.GetUtcNow().UtcDateTime.AddSeconds(seconds + 1));
    }

    [Theory]
    [InlineData("")]
    [InlineData("5")]
    [InlineData("S")]
    [InlineData("-1S")]
    [InlineData("1.5S")]
    [InlineData("5 S")]
    [InlineData("5s")]
    [InlineData("0S")]
    public async Task Deadline_ThatIsNotOfTheGrammar_IsIgnored(string timeout)
    {
        DateTime deadline = default;
        _host.Behavior.Unary = (request, context) =>
        {
            deadline = context.Deadline;
            return Task.FromResult(request);
        };

        Assert.Equal(StatusCode.OK, (await _host.CallAsync("Unary", ProbeFrame(), ("grpc-timeout", timeout))).Status);
        Assert.Equal(DateTime.MaxValue, deadline);
    }
}
