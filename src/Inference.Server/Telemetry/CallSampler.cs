using System.Diagnostics;
using OpenTelemetry.Trace;

namespace Inference.Server.Telemetry;

/// <summary>Takes the spans of calls, which <see cref="CallSpans"/> has chosen already, and a share of what the server does of its own accord.</summary>
internal sealed class CallSampler(double share) : Sampler
{
    private static readonly SamplingResult Yes = new(SamplingDecision.RecordAndSample);

    private readonly TraceIdRatioBasedSampler _others = new(share);

    public override SamplingResult ShouldSample(in SamplingParameters samplingParameters) =>
        samplingParameters.Kind == ActivityKind.Server ? Yes : _others.ShouldSample(samplingParameters);
}
