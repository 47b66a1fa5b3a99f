using System.Numerics;

namespace Inference.Towers.Encoders;

/// <summary>Which columns of the history are real. Shape [batch, history].</summary>
public sealed record HistoryMaskSpec : EncoderSpec
{
    /// <summary>Value of a column with an item; 1 when absent.</summary>
    public double? Real { get; init; }

    /// <summary>Value of a padding column; 0 when absent. Set real to 0 and pad to 1 for masks that mark the padding.</summary>
    public double? Pad { get; init; }

    internal override int? Width => null;

    internal override bool IsHistory => true;

    internal override void Check(SpecCheck check)
    {
        check.NeedsHistory();
        check.Finite(Real, "real");
        check.Finite(Pad, "pad");
        if ((Real ?? 1) == (Pad ?? 0))
            check.Error("'real' and 'pad' are the same, so the mask would say nothing.");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) =>
        new HistoryMaskEncoder<T>(Element.Of<T>(Real ?? 1), Element.Of<T>(Pad ?? 0), scope.History!);
}
