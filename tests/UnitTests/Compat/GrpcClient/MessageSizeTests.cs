using Grpc.Core;
using Xunit;

namespace UnitTests.Compat.GrpcClient;

public sealed class MessageSizeTests
{
    [Theory]
    [InlineData(10, null)]
    [InlineData(11, StatusCode.ResourceExhausted)]
    public async Task Receive_AroundTheLimit_IsBoundedByIt(int length, StatusCode? expected)
        => Assert.Equal(expected, await OutcomeAsync(Reply.Of(Frames.Plain(new string('x', length))), limit: 10));

    [Fact]
    public async Task Receive_ByDefault_IsBoundedBy4Mebibytes()
    {
        static Reply Promise(byte[] length) => Reply.Of([0, .. length]);

        Assert.Equal(StatusCode.ResourceExhausted, await OutcomeAsync(Promise([0, 0x40, 0, 1])));
        Assert.Equal(StatusCode.ResourceExhausted, await OutcomeAsync(Promise([0xFF, 0xFF, 0xFF, 0xFF])));
        Assert.Null(await OutcomeAsync(Reply.Of(Frames.Plain(new string('x', 4 << 20)))));
    }

    [Fact]
    public async Task Receive_WithoutALimit_TakesMore()
    {
        var server = new FakeServer(Reply.Of(Frames.Plain(new string('x', 5 << 20))));

        Assert.Equal(5 << 20, (await server.CallAsync(configure: options => options.MaxReceiveMessageSize = null)).Length);
    }

    [Fact]
    public async Task Receive_OfFewBytesThatInflateToMany_IsBoundedByTheLimit()
    {
        var bomb = Reply.Of(Frames.Gzip(new string('x', 1 << 20))) with { Headers = [("grpc-encoding", "gzip")] };

        Assert.Equal(StatusCode.ResourceExhausted, await OutcomeAsync(bomb, limit: 100_000));
    }

    [Theory]
    [InlineData(10, null)]
    [InlineData(11, StatusCode.ResourceExhausted)]
    public async Task Send_AroundTheLimit_IsBoundedByIt(int length, StatusCode? expected)
    {
        var server = new FakeServer(Reply.Of(Frames.Plain("")));

        var failure = await Record.ExceptionAsync(() => server.CallAsync(new string('x', length), configure: options => options.MaxSendMessageSize = 10));

        Assert.Equal(expected, (failure as RpcException)?.StatusCode);
    }

    private static async Task<StatusCode?> OutcomeAsync(Reply reply, int? limit = 4 << 20)
    {
        var failure = await Record.ExceptionAsync(() => new FakeServer(reply).CallAsync(configure: options => options.MaxReceiveMessageSize = limit));
        return (failure as RpcException)?.StatusCode ?? (failure is null ? null : throw failure);
    }
}
