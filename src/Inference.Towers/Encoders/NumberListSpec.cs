using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>A list of numbers as it is, for example a frozen text embedding. Shape [batch, length].</summary>
public sealed record NumberListSpec : EncoderSpec
{
    /// <summary>The feature: a list of exactly as many numbers as the input has columns; any other length counts as missing.</summary>
    public string? Feature { get; init; }

    /// <summary>How many numbers the model takes. Taken from the graph when absent.</summary>
    public int? Length { get; init; }

    /// <summary>What fills the row when the feature is not there; 0 when absent.</summary>
    public double? Missing { get; init; }

    internal override int? Width => Length;

    internal override void Check(SpecCheck check)
    {
        check.Reads(Feature, FeatureKind.NumberList, FeatureKind.IntegerList);
        check.InRange(Length, "length", 1, SpecCheck.MaxWidth);
        check.Finite(Missing, "missing");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => new NumberListEncoder<T>(Feature!, Element.Of<T>(Missing ?? 0));
}
