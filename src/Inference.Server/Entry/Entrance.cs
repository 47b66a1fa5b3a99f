using Inference.Server.Failures;

namespace Inference.Server.Entry;

/// <summary>A call that was let in, until it is disposed; or why it was not.</summary>
/// <param name="Refusal">Why the call gets no further; null where it does.</param>
internal readonly record struct Entrance(Failure? Refusal) : IDisposable
{
    public void Dispose()
    {
    }
}
