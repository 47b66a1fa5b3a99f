using Inference.Server.Admission;
using Inference.Server.Failures;

namespace Inference.Server.Entry;

/// <summary>A call that was let in, until it is disposed; or why it was not.</summary>
/// <param name="Refusal">Why the call gets no further; null where it does.</param>
/// <param name="Permit">What the call holds until it ends; null where it needs nothing.</param>
internal readonly record struct Entrance(Failure? Refusal, Permit? Permit = null) : IDisposable
{
    /// <summary>Says that the thread that began the call goes on to something else: the method's task was returned, whether or not it has ended.</summary>
    public void LeaveThread() => Permit?.LeaveThread();

    public void Dispose() => Permit?.End();
}
