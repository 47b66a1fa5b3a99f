using System.Collections.Frozen;
using System.Globalization;
using Inference.Recommendations.Features;

namespace Inference.Towers.Encoders;

/// <summary>Places of categories: by text, and by number for those texts that are whole numbers in decimal form.</summary>
internal sealed class Vocabulary
{
    private readonly FrozenDictionary<string, int> _byText;
    private readonly FrozenDictionary<long, int> _byNumber;

    public Vocabulary(IReadOnlyList<string> values)
    {
        Count = values.Count;
        _byText = values.Select((value, place) => KeyValuePair.Create(value, place)).ToFrozenDictionary(StringComparer.Ordinal);
        _byNumber = _byText
            .Where(pair => long.TryParse(pair.Key, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long number) && number.ToString(CultureInfo.InvariantCulture) == pair.Key)
            .ToFrozenDictionary(pair => long.Parse(pair.Key, CultureInfo.InvariantCulture), pair => pair.Value);
    }

    public int Count { get; }

    public bool TryGetPlace(string text, out int place) => _byText.TryGetValue(text, out place);

    /// <summary>The place of a text or a whole number; false for other kinds and unknown categories.</summary>
    public bool TryGetPlace(in FeatureValue value, out int place)
    {
        place = -1;
        return value.Kind switch
        {
            FeatureKind.Text => _byText.TryGetValue(value.Text, out place),
            FeatureKind.Integer => _byNumber.TryGetValue(value.Integer, out place),
            _ => false,
        };
    }
}
