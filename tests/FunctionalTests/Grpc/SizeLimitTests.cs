using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Grpc;

public sealed class SizeLimitTests
{
    [Fact]
    public async Task Request_LargerThanTheDefaultLimit_FailsWithResourceExhausted()
    {
        await using var host = await GrpcHost.StartAsync();

        Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", ProbeFrame(new byte[(4 * 1024 * 1024) - 5]))).Status);
        var reply = await host.CallAsync("Unary", ProbeFrame(new byte[(4 * 1024 * 1024) + 1]));

        Assert.Equal(StatusCode.ResourceExhausted, reply.Status);
        await host.AssertIdleAsync();
        Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", ProbeFrame(1))).Status);
    }

    [Fact]
    public async Task Request_ThatAnnouncesMoreThanTheLimit_FailsBeforeItsBodyComes()
    {
        await using var host = await GrpcHost.StartAsync();
        using var content = new PushContent();
        var call = host.Client.SendAsync(Request("Unary", content), HttpCompletionOption.ResponseHeadersRead);
        await content.SendAsync([0, 0xFF, 0xFF, 0xFF, 0xFF]);

        using var response = await call.WaitAsync(TimeSpan.FromSeconds(10));
        var reply = await GrpcReply.ReadAsync(response);
        content.Complete();

#if OFFICIAL_PACKAGES
        Assert.NotEqual(StatusCode.OK, reply.Status);
#else
        Assert.Equal(StatusCode.ResourceExhausted, reply.Status);
#endif
        await host.AssertIdleAsync();
    }

    [Fact]
    public async Task Request_WithNoLimit_MayBeLarger()
    {
        await using var host = await GrpcHost.StartAsync(options => options.MaxReceiveMessageSize = null);
        var content = new byte[10_000_000];
        content[^1] = 1;

        Assert.Equal(content, (await host.CallAsync("Unary", ProbeFrame(content))).Content);
    }

    [Fact]
    public async Task Request_InStreamLargerThanTheLimit_FailsTheStream()
    {
        await using var host = await GrpcHost.StartAsync(options => options.MaxReceiveMessageSize = 100);

        var reply = await host.CallAsync("Chat", [.. ProbeFrame(1), .. ProbeFrame(new byte[200])]);

        Assert.Equal(StatusCode.ResourceExhausted, reply.Status);
        Assert.Equal([1], reply.Content);
    }

    [Fact]
    public async Task Stream_LargerThanTheServersBodyLimit_IsServed()
    {
        await using var host = await GrpcHost.StartAsync();
        long received = 0;
        host.Behavior.Collect = async (requests, _) =>
        {
            await foreach (var request in requests.ReadAllAsync())
            {
                received += request.Value.Length;
            }

            return new BytesValue();
        };
        var message = ProbeFrame(new byte[1_000_000]);
        using var content = new PushContent();
        var call = host.Client.SendAsync(Request("Collect", content), HttpCompletionOption.ResponseHeadersRead);
        for (var i = 0; i < 35; i++)
        {
            await content.SendAsync(message);
        }

        content.Complete();
        using var response = await call.WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(StatusCode.OK, (await GrpcReply.ReadAsync(response)).Status);
        Assert.Equal(35_000_000, received);
    }

    [Theory]
    [InlineData("Unary")]
    [InlineData("Collect")]
    [InlineData("Expand")]
    public async Task Reply_LargerThanTheLimit_FailsWithResourceExhausted(string method)
    {
        await using var host = await GrpcHost.StartAsync(options => options.MaxSendMessageSize = 1_000);
        host.Behavior.Expand = (request, responses, _) => responses.WriteAsync(request);

        Assert.Equal(StatusCode.OK, (await host.CallAsync(method, ProbeFrame(new byte[900]))).Status);
        var reply = await host.CallAsync(method, ProbeFrame(new byte[1_001]));

        Assert.Equal(StatusCode.ResourceExhausted, reply.Status);
        Assert.Empty(reply.Messages);
        Assert.True(reply.IsTrailersOnly || reply.Status == StatusCode.ResourceExhausted);
    }

    [Fact]
    public async Task ServiceOptions_OverrideThoseOfAllServices_AndInheritTheRest()
    {
        await using var host = await GrpcHost.StartAsync(
            options =>
            {
                options.MaxReceiveMessageSize = 10;
                options.EnableDetailedErrors = true;
            },
            grpc: grpc => grpc.AddServiceOptions<ProbeService>(options => options.MaxReceiveMessageSize = 1_000));
        host.Behavior.Unary = (request, _) => request.Value.Length == 0 ? throw new InvalidOperationException("told") : Task.FromResult(request);

        Assert.Equal(StatusCode.OK, (await host.CallAsync("Unary", ProbeFrame(new byte[900]))).Status);
        Assert.Equal(StatusCode.ResourceExhausted, (await host.CallAsync("Unary", ProbeFrame(new byte[1_001]))).Status);
        Assert.Contains("told", (await host.CallAsync("Unary", ProbeFrame())).Detail, StringComparison.Ordinal);
    }
}
