using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>A list of whole numbers as it is, cut and padded. Shape [batch, length].</summary>
public sealed record IntegerListSpec : EncoderSpec
{
    /// <summary>The feature: a list of whole numbers.</summary>
    public string? Feature { get; init; }

    /// <summary>How many numbers the model takes. Taken from the graph when absent.</summary>
    public int? Length { get; init; }

    /// <summary>Which numbers stay when there are more: "first" (the default) or "last".</summary>
    public string? Keep { get; init; }

    /// <summary>What fills the rest; 0 when absent.</summary>
    public long? Pad { get; init; }

    /// <summary>Smallest number; smaller ones count as this. Required, for an id outside the model's table fails the whole batch.</summary>
    public long? Min { get; init; }

    /// <summary>Largest number; larger ones count as this. Required.</summary>
    public long? Max { get; init; }

    internal override int? Width => Length;

    internal override void Check(SpecCheck check)
    {
        check.Reads(Feature, FeatureKind.IntegerList);
        check.InRange(Length, "length", 1, SpecCheck.MaxWidth);
        check.OneOf(Keep, "keep", "first", "last");
        if (Min is null || Max is null)
            check.Error("'min' and 'max' are required: numbers outside them are clamped.");
        else if (Min > Max)
            check.Error($"'min' {Min} is greater than 'max' {Max}.");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => new IntegerListEncoder<T>(Feature!, Min!.Value, Max!.Value, Keep == "last", Element.Of<T>(Pad ?? 0));
}
