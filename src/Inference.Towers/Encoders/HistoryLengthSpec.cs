using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>How many columns of the history are real. Shape [batch] or [batch, 1].</summary>
public sealed record HistoryLengthSpec : EncoderSpec
{
    /// <summary>What an empty history counts as at least; 0 when absent. Models that divide by the length want 1.</summary>
    public long? Min { get; init; }

    internal override void Check(SpecCheck check)
    {
        check.NeedsHistory();
        check.InRange(Min, "min", 0, 1);
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => new HistoryLengthEncoder<T>((int)(Min ?? 0));
}
