using System.Collections.Frozen;

namespace Inference.Recommendations.Features;

/// <summary>
/// Features by name in two layers: what the request says goes before what is stored. Costs nothing to make.
/// </summary>
public readonly struct FeatureSet
{
    private static readonly IReadOnlyDictionary<string, FeatureValue> NoFeatures = FrozenDictionary<string, FeatureValue>.Empty;

    private readonly IReadOnlyDictionary<string, FeatureValue>? _first;
    private readonly IReadOnlyDictionary<string, FeatureValue>? _second;

    public FeatureSet(IReadOnlyDictionary<string, FeatureValue>? first, IReadOnlyDictionary<string, FeatureValue>? second = null)
    {
        _first = first;
        _second = second;
    }

    /// <summary>A dictionary without features.</summary>
    public static IReadOnlyDictionary<string, FeatureValue> None => NoFeatures;

    /// <summary>Whether neither layer holds a feature.</summary>
    public bool IsEmpty => (_first is null || _first.Count == 0) && (_second is null || _second.Count == 0);

    public bool TryGet(string name, out FeatureValue value)
    {
        if (_first is not null && _first.TryGetValue(name, out value))
            return true;
        if (_second is not null && _second.TryGetValue(name, out value))
            return true;
        value = default;
        return false;
    }
}
