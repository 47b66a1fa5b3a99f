using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>One number: x · scale + offset. Shape [batch] or [batch, 1].</summary>
public sealed record NumberSpec : EncoderSpec
{
    /// <summary>The feature: a real or whole number.</summary>
    public string? Feature { get; init; }

    /// <summary>Factor; 1 when absent. For standardised numbers 1/σ.</summary>
    public double? Scale { get; init; }

    /// <summary>Added after scaling; 0 when absent. For standardised numbers −μ/σ.</summary>
    public double? Offset { get; init; }

    /// <summary>What the model gets when the feature is not there; 0 when absent.</summary>
    public double? Missing { get; init; }

    internal override void Check(SpecCheck check)
    {
        check.Reads(Feature, FeatureKind.Number, FeatureKind.Integer);
        check.Finite(Scale, "scale");
        check.Finite(Offset, "offset");
        check.Finite(Missing, "missing");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => new NumberEncoder<T>(Feature!, Scale ?? 1, Offset ?? 0, Element.Of<T>(Missing ?? 0));
}
