using System.Numerics;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>A 1 for each category that the feature lists. Shape [batch, values].</summary>
public sealed record MultiHotSpec : EncoderSpec
{
    /// <summary>The feature: texts or one text; or the finished vector, a list of as many numbers as the input has columns.</summary>
    public string? Feature { get; init; }

    /// <summary>The categories in the order of the columns. Absent when only finished vectors come.</summary>
    public IReadOnlyList<string>? Values { get; init; }

    internal override int? Width => Values?.Count;

    internal override void Check(SpecCheck check)
    {
        if (Values is null)
        {
            check.Reads(Feature, FeatureKind.IntegerList, FeatureKind.NumberList);
            return;
        }

        check.Reads(Feature, FeatureKind.Text, FeatureKind.TextList, FeatureKind.IntegerList, FeatureKind.NumberList);
        check.Distinct(Values, "values");
        if (Values.Count > SpecCheck.MaxWidth)
            check.Error($"'values' makes {Values.Count} columns; {SpecCheck.MaxWidth} are the limit.");
    }

    internal override InputEncoder<T> Create<T>(int width, EncoderScope scope) => new MultiHotEncoder<T>(Feature!, new Vocabulary(Values ?? []));
}
