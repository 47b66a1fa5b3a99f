using Inference.Server.Admission;
using Inference.Server.Failures;
using Inference.Server.Security;
using Inference.Server.Security.Audit;

namespace Inference.Server.Entry;

/// <summary>
/// What stands between the headers of a call and its method, for gRPC (<see cref="Telemetry.CallObserver"/>) and JSON (<see cref="Json.JsonEndpoint"/>) alike; nothing of the message has been read yet.
/// <list type="number">
/// <item>who calls, and whether they may</item>
/// <item>whether there is room</item>
/// </list>
/// </summary>
/// <param name="callers">Who may.</param>
/// <param name="audit">Records who was refused that called a method of operators.</param>
/// <param name="admission">Whether there is room.</param>
internal sealed class CallEntry(CallerCheck callers, AuditTrail audit, CallAdmission admission)
{
    /// <summary>Lets a call in or refuses it. The entrance is disposed when the call has ended.</summary>
    /// <param name="http">The request.</param>
    /// <param name="rule">What its method asks.</param>
    public ValueTask<Entrance> EnterAsync(HttpContext http, MethodRule rule)
    {
        // :: Step 1
        ValueTask<Failure?> check = callers.CheckAsync(http, rule);
        if (!check.IsCompletedSuccessfully)
            return AwaitAsync(http, rule, check);
        return check.Result is { } refusal ? ValueTask.FromResult(Refuse(http, rule, refusal)) : MakeRoomAsync(http, rule);
    }

    private Entrance Refuse(HttpContext http, MethodRule rule, Failure refusal)
    {
        if (rule.Role == Roles.Admin && refusal != SecurityFailures.NotServedHere)
            audit.WriteRefused(http, rule, refusal);
        return new Entrance(refusal);
    }

    private async ValueTask<Entrance> AwaitAsync(HttpContext http, MethodRule rule, ValueTask<Failure?> check) =>
        await check is { } refusal ? Refuse(http, rule, refusal) : await MakeRoomAsync(http, rule);

    private ValueTask<Entrance> MakeRoomAsync(HttpContext http, MethodRule rule) =>
        // :: Step 2
        admission.EnterAsync(http, rule);
}
