using Google.Protobuf.Collections;
using Inference.Recommendations.Ports;
using Inference.Server.Failures;
using Inference.Server.OpenInference;
using OpenInferenceProtocol.V2;
using Xunit;

namespace UnitTests.Server.OpenInference;

public class InferPlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(null, null, null)]
    [InlineData(5, null, 5)]
    [InlineData(null, 7, 7)]
    [InlineData(5, 7, 5)]
    [InlineData(7, 5, 5)]
    [InlineData(-1, 5, -1)]
    public void UrgencyOf_ACall_IsTheNearerOfDeadlineAndTimeout(int? deadline, int? timeout, int? patience)
    {
        var plan = new InferPlan([], [], WorkPriority.Interactive, timeout is { } seconds ? TimeSpan.FromSeconds(seconds) : null);

        Urgency urgency = plan.UrgencyOf(deadline is { } left ? Now.AddSeconds(left) : DateTimeOffset.MaxValue, Now);

        Assert.Equal(new Urgency(WorkPriority.Interactive, patience is { } expected ? TimeSpan.FromSeconds(expected) : null), urgency);
    }

    [Theory]
    [InlineData(0ul, 0ul, WorkPriority.Interactive, null)]
    [InlineData(1ul, 1_500ul, WorkPriority.Interactive, 1_500.0)]
    [InlineData(2ul, 86_400_000_000ul, WorkPriority.Bulk, 86_400_000_000.0)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, WorkPriority.Bulk, null)]
    public void Read_OfTheSchedulePolicy_IsPriorityAndTime(ulong priority, ulong timeout, WorkPriority expected, double? microseconds)
    {
        var violations = new Violations();
        var parameters = new MapField<string, InferParameter> { ["priority"] = new() { Uint64Param = priority }, ["timeout"] = new() { Uint64Param = timeout } };

        Assert.Equal((expected, microseconds is { } value ? TimeSpan.FromMicroseconds(value) : null), InferParameters.Read(ref violations, parameters));
        Assert.False(violations.Any);
    }
}
