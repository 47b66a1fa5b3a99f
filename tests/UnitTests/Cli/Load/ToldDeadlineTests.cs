using Grpc.Core;
using Inference.Cli.Load;
using Xunit;

namespace UnitTests.Cli.Load;

public sealed class ToldDeadlineTests
{
    [Fact]
    public async Task Send_WithADeadlineToTell_TellsItInsteadOfTheOwn()
    {
        Metadata headers = ToldDeadline.AddTo(new Metadata { { "x-team", "a" } }, TimeSpan.FromMilliseconds(50));
        HttpRequestMessage sent = await SendAsync(request =>
        {
            foreach (Metadata.Entry entry in headers)
                request.Headers.TryAddWithoutValidation(entry.Key, entry.Value);
            request.Headers.TryAddWithoutValidation("grpc-timeout", "1050m");
        });

        Assert.Equal("50000u", Assert.Single(sent.Headers.GetValues("grpc-timeout")));
        Assert.Equal("a", Assert.Single(sent.Headers.GetValues("x-team")));
        Assert.Equal(2, sent.Headers.Count());
    }

    [Fact]
    public async Task Send_WithoutOne_LeavesTheOwn()
    {
        HttpRequestMessage sent = await SendAsync(request => request.Headers.TryAddWithoutValidation("grpc-timeout", "10S"));
        Assert.Equal("10S", Assert.Single(sent.Headers.GetValues("grpc-timeout")));
    }

    private static async Task<HttpRequestMessage> SendAsync(Action<HttpRequestMessage> write)
    {
        var wire = new Wire();
        using var invoker = new HttpMessageInvoker(new ToldDeadline(wire));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/");
        write(request);
        using HttpResponseMessage response = await invoker.SendAsync(request, CancellationToken.None);
        return wire.Sent!;
    }

    private sealed class Wire : HttpMessageHandler
    {
        public HttpRequestMessage? Sent { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Sent = request;
            return Task.FromResult(new HttpResponseMessage());
        }
    }
}
