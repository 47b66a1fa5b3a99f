using Grpc.Core;
using Inference.Server.Failures;
using Inference.Server.Json;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace UnitTests.Server.Json;

/// <summary>Headers and statuses.</summary>
public class HttpRulesTests
{
    [Theory]
    [InlineData("50ms", 50)]
    [InlineData("1.5s", 1500)]
    [InlineData("500us", 0.5)]
    [InlineData("2m", 120_000)]
    [InlineData("86400s", 86_400_000)]
    public void TryParse_OfATimeout_ReadsIt(string text, double milliseconds)
    {
        Assert.True(RequestTimeout.TryParse(text, out TimeSpan timeout));
        Assert.Equal(milliseconds, timeout.TotalMilliseconds);
    }

    [Theory]
    [InlineData("")]
    [InlineData("50")]
    [InlineData("ms")]
    [InlineData("0ms")]
    [InlineData("-1s")]
    [InlineData("1h")]
    [InlineData("86401s")]
    [InlineData("1e3ms")]
    [InlineData("1,5s")]
    [InlineData("NaNs")]
    [InlineData("50ms, 60ms")]
    [InlineData("99999999999999999999999999999999s")]
    public void TryParse_OfSomethingElse_IsRefused(string text) => Assert.False(RequestTimeout.TryParse(text, out _));

    [Theory]
    [InlineData(null, true)]
    [InlineData("application/json", true)]
    [InlineData("application/json; charset=utf-8", true)]
    [InlineData("application/json; charset=\"UTF-8\"", true)]
    [InlineData("application/vnd.shop+json", true)]
    [InlineData("application/x-www-form-urlencoded", true)]
    [InlineData("application/json; charset=utf-16", false)]
    [InlineData("application/x-ndjson", false)]
    [InlineData("text/plain", false)]
    [InlineData("application/grpc", false)]
    [InlineData("multipart/form-data; boundary=x", false)]
    [InlineData(";;", false)]
    public void CheckType_OfABody_TakesJson(string? type, bool isTaken)
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = type;

        Assert.Equal(isTaken, RequestBody.CheckType(request, isLines: false) is null);
    }

    [Fact]
    public void CheckType_OfLines_TakesTheirTypesToo()
    {
        var request = new DefaultHttpContext().Request;
        request.ContentType = "application/x-ndjson";
        Assert.Null(RequestBody.CheckType(request, isLines: true));
        request.Headers.ContentEncoding = "gzip";
        Assert.Equal("UNSUPPORTED_MEDIA_TYPE", RequestBody.CheckType(request, isLines: true)?.Reason);
    }

    [Theory]
    [InlineData("Origin", "http://localhost:5080", true)]
    [InlineData("Origin", "null", true)]
    [InlineData("Sec-Fetch-Site", "cross-site", true)]
    [InlineData("Sec-Fetch-Site", "same-origin", true)]
    [InlineData("Sec-Fetch-Site", "none", false)]
    [InlineData("Sec-Fetch-Mode", "cors", false)]
    public void IsOfAPage_ByItsHeaders_IsKnown(string header, string value, bool expected)
    {
        var request = new DefaultHttpContext().Request;
        request.Headers[header] = value;

        Assert.Equal(expected, RequestBody.IsOfAPage(request));
    }

    [Fact]
    public void StatusOf_EveryCode_IsAnError() =>
        Assert.All(Enum.GetValues<StatusCode>().Where(code => code != StatusCode.OK), code => Assert.InRange(HttpFailures.StatusOf(new Failure(code, "X", "x")), 400, 599));

    [Theory]
    [InlineData(StatusCode.InvalidArgument, 400)]
    [InlineData(StatusCode.FailedPrecondition, 400)]
    [InlineData(StatusCode.NotFound, 404)]
    [InlineData(StatusCode.ResourceExhausted, 429)]
    [InlineData(StatusCode.Cancelled, 499)]
    [InlineData(StatusCode.Internal, 500)]
    [InlineData(StatusCode.Unavailable, 503)]
    [InlineData(StatusCode.DeadlineExceeded, 504)]
    public void StatusOf_ACode_IsTheUsualOne(StatusCode code, int expected) => Assert.Equal(expected, HttpFailures.StatusOf(new Failure(code, "X", "x")));
}
