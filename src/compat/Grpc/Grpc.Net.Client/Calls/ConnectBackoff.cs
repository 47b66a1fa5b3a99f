namespace Grpc.Net.Client.Calls;

/// <summary>
/// The pauses between attempts to connect (gRPC connection backoff protocol): one second first, each 1.6 times the last up to two minutes, and all up to
/// a fifth longer or shorter, lest the clients of a restarted server come back in step.
/// </summary>
internal sealed class ConnectBackoff(TimeProvider clock)
{
    private static readonly TimeSpan s_first = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_longest = TimeSpan.FromSeconds(120);

    private TimeSpan _next = s_first;

    public TimeSpan Next()
    {
        // The low bits of the clock differ from client to client as well as chance would, and stand still where a test's clock does.
        var jitter = 0.8 + (0.4 * (clock.GetTimestamp() & 0xFF) / 0xFF);
        var pause = _next * jitter;
        _next = _next * 1.6 < s_longest ? _next * 1.6 : s_longest;
        return pause;
    }
}
