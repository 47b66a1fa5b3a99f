using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Encoders;

namespace Inference.Towers.Import;

/// <summary>Finds features that an encoder turns into given input values. There are many; any will do, as long as it encodes to the same.</summary>
internal static class EncoderInverse
{
    /// <summary>Adds features that encode to the values.</summary>
    /// <exception cref="InvalidOperationException">No feature does, or the encoder has no inverse.</exception>
    public static void Decode(EncoderSpec encoder, long[] values, Dictionary<string, FeatureValue> features)
    {
        IReadOnlyList<EncoderSpec> columns = encoder is ColumnsSpec several ? several.Columns! : [encoder];
        if (columns.Count != values.Length)
            throw new InvalidOperationException($"{values.Length} values for {columns.Count} columns");
        for (int i = 0; i < values.Length; i++)
        {
            (string feature, FeatureValue value) = Decode(columns[i], values[i]);
            if (value.Kind != FeatureKind.None)
                features[feature] = value;
        }

        var encoded = new long[values.Length];
        encoder.Create<long>(values.Length, new EncoderScope(new ItemCatalogue([], []), null, null)).Encode(new TowerRow(new FeatureSet(features), [], null), encoded);
        if (!encoded.AsSpan().SequenceEqual(values))
            throw new InvalidOperationException($"no features encode to [{string.Join(", ", values)}]; the nearest give [{string.Join(", ", encoded)}]");
    }

    private static (string Feature, FeatureValue Value) Decode(EncoderSpec encoder, long value) => encoder switch
    {
        VocabularySpec vocabulary => (vocabulary.Feature!, Category(vocabulary, value - (vocabulary.FirstId ?? 0), value)),
        BucketsSpec { OneHot: not true } buckets => (buckets.Feature!, Number(buckets, value - (buckets.FirstId ?? 0))),
        IntegerSpec integer => (integer.Feature!, value == (integer.Missing ?? 0) ? default : FeatureValue.Of(value - (integer.Offset ?? 0))),
        _ => throw new InvalidOperationException($"'{EncoderSpecConverter.NameOf(encoder)}' has no inverse"),
    };

    private static FeatureValue Category(VocabularySpec vocabulary, long place, long value)
    {
        if (place >= 0 && place < vocabulary.Values!.Count)
            return FeatureValue.Of(vocabulary.Values[(int)place]);
        if (value != vocabulary.Unknown || value == vocabulary.Missing)
            return default;
        string unknown = "?";
        while (vocabulary.Values!.Contains(unknown))
            unknown += "?";
        return FeatureValue.Of(unknown);
    }

    private static FeatureValue Number(BucketsSpec buckets, long bucket)
    {
        IReadOnlyList<double> boundaries = buckets.Boundaries!;
        if (bucket < 0 || bucket > boundaries.Count)
            return default;
        if (bucket == 0)
            return Shortest(boundaries[0] - 1);
        // A bucket owns its lower boundary when numbers go above the boundary that they equal, and its upper one when they go under it.
        if (bucket == boundaries.Count)
            return Shortest(boundaries[^1] + 1);
        return Shortest(boundaries[(int)bucket - (buckets.Side == "right" ? 1 : 0)]);
    }

    private static FeatureValue Shortest(double number) => number == Math.Truncate(number) && Math.Abs(number) < 1e15 ? FeatureValue.Of((long)number) : FeatureValue.Of(number);
}
