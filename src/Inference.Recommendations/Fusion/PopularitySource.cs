using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Fusion;

/// <summary>How many users touch an item, all of them or those of a recent window: <c>score(i) = log(rate_i + ε)</c>, the same for everybody.</summary>
public sealed class PopularitySource : ScoreSource
{
    private readonly float[] _rates;
    private readonly float[] _scores;
    private readonly Popularity _ranked;

    /// <param name="name">Its name in the model.</param>
    /// <param name="rates">Share of users by row, each in [0, 1].</param>
    /// <param name="epsilon">ε, above 0.</param>
    /// <param name="isStandardised">See <see cref="ScoreSource.IsStandardised"/>.</param>
    /// <exception cref="ArgumentException">A rate is no share.</exception>
    public PopularitySource(string name, ReadOnlySpan<float> rates, float epsilon = 1e-6f, bool isStandardised = true)
        : base(name, Sources.Popularity, rates.Length, isStandardised)
    {
        if (!(epsilon > 0 && float.IsFinite(epsilon)))
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "ε is above 0.");
        Epsilon = epsilon;
        _ranked = new Popularity(rates);
        _rates = rates.ToArray();
        _scores = Array.ConvertAll(_rates, rate => (float)Math.Log((double)rate + epsilon));
    }

    /// <summary>Share of users by row.</summary>
    public ReadOnlySpan<float> Rates => _rates;

    /// <summary>ε.</summary>
    public float Epsilon { get; }

    internal override bool ReadsHistory => false;

    internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
    {
        rows.Take(_scores, scores);
        return true;
    }

    internal override void Propose(in FusionInput input, FusionScratch scratch, int most)
    {
        ReadOnlySpan<ScoredRow> ranked = _ranked.Ranked;
        foreach (ScoredRow item in ranked[..Math.Min(ranked.Length, most)])
            scratch.Candidates.Add(item.Row);
    }
}
