using Grpc.Core;
using Inference.Server.Failures;

namespace Inference.Server.Admission;

/// <summary>One failure with many delays, each made once, so that telling it costs no more than finding it: delays grow by a tenth from the least, and one that is asked for becomes the next longer of them.</summary>
internal sealed class RetryLater(StatusCode code, string reason, string message, TimeSpan least)
{
    private const double Growth = 1.1;
    private const int Steps = 128;

    private readonly Failure?[] _made = new Failure?[Steps];

    /// <summary>The failure whose delay is at least this, as far as the table reaches (about 180,000 times the least).</summary>
    public Failure After(TimeSpan delay)
    {
        int step = (int)Math.Clamp(Math.Ceiling(Math.Log(Math.Max(1, delay / least)) / Math.Log(Growth)), 0, Steps - 1);
        // Two that make the same one at the same time make it twice.
        return _made[step] ??= new Failure(code, reason, message) { RetryDelay = TimeSpan.FromMilliseconds(Math.Ceiling((least * Math.Pow(Growth, step)).TotalMilliseconds)) };
    }
}
