using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>One whole number, clamped and shifted. Shape [batch] or [batch, 1].</summary>
public sealed record IntegerSpec : EncoderSpec
{
    /// <summary>The feature: a whole number.</summary>
    public string? Feature { get; init; }

    /// <summary>Smallest number; smaller ones count as this. Required, for an id outside the model's table fails the whole batch.</summary>
    public long? Min { get; init; }

    /// <summary>Largest number; larger ones count as this. Required.</summary>
    public long? Max { get; init; }

    /// <summary>Added after clamping; 0 when absent.</summary>
    public long? Offset { get; init; }

    /// <summary>What the model gets when the feature is not there; 0 when absent.</summary>
    public long? Missing { get; init; }

    internal override void Check(SpecCheck check)
    {
        check.Reads(Feature, FeatureKind.Integer);
        if (Min is null || Max is null)
            check.Error("'min' and 'max' are required: numbers outside them are clamped.");
        else if (Min > Max)
            check.Error($"'min' {Min} is greater than 'max' {Max}.");
        check.InRange(Offset, "offset", int.MinValue, int.MaxValue);
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) =>
        new IntegerEncoder<T>(Feature!, Min!.Value, Max!.Value, Offset ?? 0, Element.Of<T>(Missing ?? 0));
}
