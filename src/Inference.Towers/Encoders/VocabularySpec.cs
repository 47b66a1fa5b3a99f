using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>One category by its place in a vocabulary. Shape [batch] or [batch, 1].</summary>
public sealed record VocabularySpec : EncoderSpec
{
    /// <summary>The feature: a text, or a whole number that is compared in decimal form.</summary>
    public string? Feature { get; init; }

    /// <summary>The categories; the first has <see cref="FirstId"/>, the next one more, and so on.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    /// <summary>Id of the first value; 0 when absent.</summary>
    public long? FirstId { get; init; }

    /// <summary>Id of a category that is not in the vocabulary. Required.</summary>
    public long? Unknown { get; init; }

    /// <summary>Id when the feature is not there; as <see cref="Unknown"/> when absent.</summary>
    public long? Missing { get; init; }

    internal override void Check(SpecCheck check)
    {
        check.Reads(Feature, FeatureKind.Text, FeatureKind.Integer);
        check.Distinct(Values, "values");
        if (Unknown is null)
            check.Error("'unknown' is missing: the id of a category that is not in the vocabulary.");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) =>
        new VocabularyEncoder<T>(Feature!, new Vocabulary(Values!), FirstId ?? 0, Element.Of<T>(Unknown!.Value), Element.Of<T>(Missing ?? Unknown.Value));
}
