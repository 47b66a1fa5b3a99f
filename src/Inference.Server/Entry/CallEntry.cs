namespace Inference.Server.Entry;

/// <summary>
/// What stands between the headers of a call and its method, for gRPC (<see cref="Telemetry.CallObserver"/>) and JSON (<see cref="Json.JsonEndpoint"/>) alike; nothing of the message has been read yet.
/// <list type="number">
/// <item>who calls, and whether they may</item>
/// <item>whether there is room</item>
/// </list>
/// </summary>
internal sealed class CallEntry
{
    /// <summary>Lets a call in or refuses it. The entrance is disposed when the call has ended.</summary>
    /// <param name="http">The request.</param>
    /// <param name="rule">What its method asks.</param>
#pragma warning disable CA1822 // Steps follow that need what the instance holds.
    public ValueTask<Entrance> EnterAsync(HttpContext http, MethodRule rule)
#pragma warning restore CA1822
    {
        // :: Step 1
        // :: Step 2
        _ = (http, rule);
        return ValueTask.FromResult(default(Entrance));
    }
}
