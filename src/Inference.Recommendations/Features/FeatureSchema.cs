using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Inference.Recommendations.Features;

/// <summary>The features that a model knows, and the kinds of value that each accepts.</summary>
public sealed class FeatureSchema
{
    private readonly FrozenDictionary<string, FrozenSet<FeatureKind>> _kinds;

    public FeatureSchema(IEnumerable<KeyValuePair<string, IReadOnlyCollection<FeatureKind>>> kinds) =>
        _kinds = kinds.ToFrozenDictionary(pair => pair.Key, pair => pair.Value.ToFrozenSet(), StringComparer.Ordinal);

    /// <summary>A schema that knows no feature.</summary>
    public static FeatureSchema Empty { get; } = new([]);

    /// <summary>The names of all known features.</summary>
    public IReadOnlyCollection<string> Names => _kinds.Keys;

    /// <summary>The names, in an order that stays.</summary>
    internal ImmutableArray<string> NameList => _kinds.Keys;

    /// <summary>Whether a set has any of the known features.</summary>
    internal bool ReadsAny(FeatureSet features)
    {
        if (features.IsEmpty)
            return false;
        foreach (string name in NameList)
        {
            if (features.TryGet(name, out _))
                return true;
        }

        return false;
    }

    public bool Knows(string name) => _kinds.ContainsKey(name);

    /// <summary>Whether a known feature accepts values of this kind. Unknown features accept none.</summary>
    public bool Accepts(string name, FeatureKind kind) => _kinds.TryGetValue(name, out FrozenSet<FeatureKind>? kinds) && kinds.Contains(kind);

    /// <summary>The accepted kinds of a known feature, for messages.</summary>
    public string Describe(string name) => string.Join(" or ", _kinds[name].Order());
}
