namespace Inference.Recommendations.Comparison;

/// <summary>Means of the comparisons of many requests. Not safe for concurrent use.</summary>
public sealed class SimilarityMeans
{
    private double _overlap, _jaccard, _correlation, _biased;
    private long _correlated, _sameTop;

    /// <summary>Requests that were compared.</summary>
    public long Count { get; private set; }

    /// <summary>Means; NaN before the first request. The mean rank correlation leaves out requests where it is not defined, and is NaN when that is all of them.</summary>
    public double Overlap => _overlap / Count;

    public double Jaccard => _jaccard / Count;

    public double RankCorrelation => _correlation / _correlated;

    public double RankBiasedOverlap => _biased / Count;

    /// <summary>Share of the requests for which both put the same item first.</summary>
    public double SameTop => (double)_sameTop / Count;

    public void Add(in SlateSimilarity similarity)
    {
        Count++;
        _overlap += similarity.Overlap;
        _jaccard += similarity.Jaccard;
        _biased += similarity.RankBiasedOverlap;
        _sameTop += similarity.SameTop ? 1 : 0;
        if (double.IsNaN(similarity.RankCorrelation))
            return;
        _correlation += similarity.RankCorrelation;
        _correlated++;
    }
}
