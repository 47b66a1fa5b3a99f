using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Days from a time to the question: (now − x) / 86,400 · scale + offset. Shape [batch] or [batch, 1]. Of ranking models; with "of": "item" the age of an item.</summary>
public sealed record AgeSpec : EncoderSpec
{
    private const double SecondsPerDay = 86_400;

    /// <summary>The feature: a time in seconds since 1970.</summary>
    public string? Feature { get; init; }

    /// <summary>Factor; 1 when absent.</summary>
    public double? Scale { get; init; }

    /// <summary>Added after scaling; 0 when absent.</summary>
    public double? Offset { get; init; }

    /// <summary>What the model gets when the feature is not there; 0 when absent.</summary>
    public double? Missing { get; init; }

    internal override void Check(SpecCheck check)
    {
        check.NeedsPairs("an age");
        check.Reads(Feature, FeatureKind.Number, FeatureKind.Integer);
        check.Finite(Scale, "scale");
        check.Finite(Offset, "offset");
        check.Finite(Missing, "missing");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) =>
        new AgeEncoder<T>(Feature!, (Scale ?? 1) / SecondsPerDay, Offset ?? 0, Element.Of<T>(Missing ?? 0));
}

/// <summary>Writes how long ago a time was.</summary>
internal sealed class AgeEncoder<T>(string feature, double scale, double offset, T missing) : InputEncoder<T>
    where T : unmanaged, INumberBase<T>
{
    public override void Encode(in TowerRow row, Span<T> destination) =>
        destination[0] = row.TryGetNumber(feature, out double time) ? Element.Of<T>(((row.Now - time) * scale) + offset) : missing;
}
