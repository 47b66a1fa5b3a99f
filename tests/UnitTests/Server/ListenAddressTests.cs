using Inference.Server.Options;
using Xunit;

namespace UnitTests.Server;

public class ListenAddressTests
{
    [Theory]
    [InlineData("127.0.0.1:5001", "127.0.0.1:5001")]
    [InlineData("http://127.0.0.1:5001", "127.0.0.1:5001")]
    [InlineData("http://127.0.0.1:5001/", "127.0.0.1:5001")]
    [InlineData("localhost:0", "127.0.0.1:0")]
    [InlineData("[::1]:80", "[::1]:80")]
    [InlineData("*:5001", "[::]:5001")]
    public void TryParse_WithAnAddress_GivesItsEndPoint(string text, string endPoint)
    {
        Assert.True(ListenAddress.TryParse(text, out ListenAddress? address, out _));
        Assert.Equal(endPoint, address.EndPoint!.ToString());
    }

    [Fact]
    public void TryParse_WithAUnixSocket_GivesItsPath()
    {
        Assert.True(ListenAddress.TryParse("unix:/run/inference.sock", out ListenAddress? address, out _));
        Assert.Equal("/run/inference.sock", address.UnixSocket);
        Assert.Null(address.EndPoint);
    }

    [Theory]
    [InlineData("")]
    [InlineData("5001")]
    [InlineData(":5001")]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.1:65536")]
    [InlineData("127.0.0.1:-1")]
    [InlineData("127.0.0.1:x")]
    [InlineData("example.org:80")]
    [InlineData("::1:80")]
    [InlineData("https://127.0.0.1:5001")]
    [InlineData("unix:relative.sock")]
    public void TryParse_WithSomethingElse_SaysWhy(string text)
    {
        Assert.False(ListenAddress.TryParse(text, out _, out string? error));
        Assert.NotEmpty(error);
    }
}
