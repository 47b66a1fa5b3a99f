using Inference.Recommendations.Features;
using Inference.Towers.Bundles;

namespace Inference.Towers.Encoders;

/// <summary>Gathers which features the encoders of a tower read. A feature that several read has to be of a kind that all of them understand.</summary>
internal sealed class FeatureDeclarations
{
    private readonly Dictionary<string, HashSet<FeatureKind>> _kinds = new(StringComparer.Ordinal);

    public void Add(string feature, IEnumerable<FeatureKind> kinds, BundleProblems problems, string where)
    {
        if (!_kinds.TryGetValue(feature, out HashSet<FeatureKind>? known))
        {
            _kinds[feature] = [.. kinds];
            return;
        }

        var both = new HashSet<FeatureKind>(known);
        both.IntersectWith(kinds);
        if (both.Count == 0)
            problems.Add(where, $"feature '{feature}' is read as {string.Join(" or ", kinds)} here but as {string.Join(" or ", known)} by another input.");
        else
            _kinds[feature] = both;
    }

    public FeatureSchema ToSchema() => new(_kinds.Select(pair => KeyValuePair.Create(pair.Key, (IReadOnlyCollection<FeatureKind>)pair.Value)));
}
