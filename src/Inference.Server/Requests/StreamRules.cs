using Inference.Server.Failures;
using Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>What the contract states for elements of streams, beside their questions.</summary>
internal static class StreamRules
{
    public static Failure? Check(RecommendStreamRequest element)
    {
        var violations = new Violations();
        violations.CheckLength("cursor", element.Cursor, RequestLimits.CursorBytes);
        return violations.ToFailure();
    }
}
