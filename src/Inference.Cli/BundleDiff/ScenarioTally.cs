using Inference.Recommendations.Comparison;
using Inference.Recommendations.Queries;

namespace Inference.Cli.BundleDiff;

/// <summary>Adds up how alike the slates of some requests are.</summary>
/// <param name="name">What they have in common.</param>
/// <param name="cutoffs">The k of overlap@k.</param>
internal sealed class ScenarioTally(string name, IReadOnlyList<int> cutoffs)
{
    private readonly SimilarityMeans _means = new();
    private readonly double[] _overlaps = new double[cutoffs.Count];
    private readonly HashSet<string> _shownByA = new(StringComparer.Ordinal), _shownByB = new(StringComparer.Ordinal);
    private double _servedOverlap;
    private long _sameRung, _placesA, _placesB, _onlyInA, _onlyInB;

    /// <summary>Adds what both would serve.</summary>
    /// <param name="alignment">Of both slates.</param>
    /// <param name="a">A's reply.</param>
    /// <param name="b">B's reply.</param>
    /// <param name="onlyInA">Items that B lacks.</param>
    /// <param name="onlyInB">Items that A lacks.</param>
    public void AddServed(SlateAlignment alignment, RecommendReply a, RecommendReply b, IReadOnlySet<string> onlyInA, IReadOnlySet<string> onlyInB)
    {
        _servedOverlap += Overlap.At(alignment, SlateComparer.DefaultDepth);
        _sameRung += a.ServedBy == b.ServedBy ? 1 : 0;
        Show(a.Items, _shownByA, onlyInA, ref _placesA, ref _onlyInA);
        Show(b.Items, _shownByB, onlyInB, ref _placesB, ref _onlyInB);
    }

    /// <summary>Adds how alike both slates are, of items that both have.</summary>
    public void AddCompared(SlateAlignment alignment, in SlateSimilarity similarity)
    {
        _means.Add(similarity);
        for (int i = 0; i < _overlaps.Length; i++)
            _overlaps[i] += Overlap.At(alignment, cutoffs[i]);
    }

    public ScenarioReport Report(int itemsOfA, int itemsOfB) => new(
        name, _means.Count, [.. _overlaps.Select(sum => sum / _means.Count)], _means.Overlap, _means.RankCorrelation, _means.RankBiasedOverlap, (double)_sameRung / _means.Count,
        (double)_shownByA.Count / itemsOfA, (double)_shownByB.Count / itemsOfB, _servedOverlap / _means.Count, (double)_onlyInA / _placesA, (double)_onlyInB / _placesB);

    private static void Show(IReadOnlyList<RecommendedItem> items, HashSet<string> shown, IReadOnlySet<string> onlyHere, ref long places, ref long only)
    {
        foreach (RecommendedItem item in items)
        {
            shown.Add(item.ItemId);
            places++;
            only += onlyHere.Contains(item.ItemId) ? 1 : 0;
        }
    }
}
