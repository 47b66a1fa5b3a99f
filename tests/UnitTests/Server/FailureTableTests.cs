using Google.Rpc;
using Grpc.Core;
using Inference.Recommendations.Ports;
using Inference.Server.Failures;
using Xunit;

namespace UnitTests.Server;

public class FailureTableTests
{
    public static TheoryData<Exception, bool, bool, StatusCode, string> Table => new()
    {
        { new TowerException("secret"), false, false, StatusCode.Internal, "TOWER_FAILED" },
        { new TowerBusyException(EncodeOutcome.Refused), false, false, StatusCode.Unavailable, "OVERLOADED" },
        { new TowerBusyException(EncodeOutcome.Late), false, false, StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED" },
        { new OperationCanceledException(), true, false, StatusCode.Cancelled, "CANCELLED" },
        { new OperationCanceledException(), true, true, StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED" },
        { new TimeoutException("secret"), false, true, StatusCode.DeadlineExceeded, "DEADLINE_EXCEEDED" },
        { new IOException("secret"), true, false, StatusCode.Cancelled, "CANCELLED" },
        { new OperationCanceledException(), false, false, StatusCode.Internal, "INTERNAL" },
        { new IOException("secret"), false, false, StatusCode.Internal, "INTERNAL" },
        { new InvalidOperationException("secret"), false, false, StatusCode.Internal, "INTERNAL" },
        { new NullReferenceException("secret"), true, true, StatusCode.Internal, "INTERNAL" },
        { FailureTable.ServerStopping.ToException(), false, false, StatusCode.Unavailable, "SERVER_STOPPING" },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public void Of_AnException_TellsTheCallerNoMoreThanTheTable(Exception exception, bool isCallerGone, bool isLate, StatusCode code, string reason)
    {
        Failure failure = FailureTable.Of(exception, isCallerGone, isLate);

        Assert.Equal((code, reason), (failure.Code, failure.Reason));
        Assert.DoesNotContain("secret", failure.ToRpcStatus().ToString(), StringComparison.Ordinal);
        Assert.Equal(code == StatusCode.Internal, FailureTable.IsOurs(failure));
    }

    [Fact]
    public void ToException_OfAFailure_CarriesItsDetailsInTheTrailer()
    {
        RpcException exception = FailureTable.InvalidRequest([new() { Field = "limit", Description = "is -1" }, new() { Field = "filter", Description = "is reserved" }], 3).ToException();

        Assert.Equal(StatusCode.InvalidArgument, exception.StatusCode);
        Assert.Equal("limit: is -1 (and 4 more; see the details)", exception.Status.Detail);
        var status = Google.Rpc.Status.Parser.ParseFrom(exception.Trailers.GetValueBytes("grpc-status-details-bin"));
        Assert.Equal((int)StatusCode.InvalidArgument, status.Code);
        var info = status.Details[0].Unpack<ErrorInfo>();
        Assert.Equal(("INVALID_REQUEST", "recsys"), (info.Reason, info.Domain));
        Assert.Equal(["limit", "filter"], status.Details[1].Unpack<BadRequest>().FieldViolations.Select(violation => violation.Field));
    }

    [Fact]
    public void ToRpcStatus_OfAFailureThatPasses_SaysWhenToTryAgain() =>
        Assert.Equal(1, FailureTable.ModelLoading.ToRpcStatus().Details[1].Unpack<RetryInfo>().RetryDelay.Seconds);

    [Fact]
    public void ModelVersionNotLoaded_WithAVeryLongVersion_ShortensIt() =>
        Assert.True(FailureTable.ModelVersionNotLoaded(new string('x', 100_000), "demo/1").Message.Length < 200);

    [Fact]
    public void StatusNames_OfEveryCode_IsTheCodesName() =>
        Assert.All(
            System.Enum.GetValues<StatusCode>(),
            code => Assert.Equal(code.ToString(), StatusNames.Of(code).Replace("_", "", StringComparison.Ordinal), ignoreCase: true));
}
