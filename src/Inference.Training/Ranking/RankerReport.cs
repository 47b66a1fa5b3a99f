using Inference.Training.Evaluation;

namespace Inference.Training.Ranking;

/// <summary>What a ranking model gained in one scenario, or over all.</summary>
/// <param name="Scenario">Name of the scenario; "all" for the mean over the users' means.</param>
/// <param name="Users">Users.</param>
/// <param name="Found">NDCG@10 of the candidates in the order in which they were found.</param>
/// <param name="Ranked">NDCG@10 of the order of the model.</param>
/// <param name="Interval">95 % interval of the difference, by paired bootstrap over users.</param>
public sealed record RankerGain(string Scenario, int Users, double Found, double Ranked, (double Low, double High) Interval)
{
    public double Difference => Ranked - Found;
}

/// <summary>What came of training a ranking model.</summary>
/// <param name="Hidden">Hidden units that were chosen.</param>
/// <param name="Decay">Decay that was chosen.</param>
/// <param name="Validation">Gains on the validation part, every user judged by a model of others; the last one is over all.</param>
/// <param name="Part">The part that <paramref name="Judged"/> is of: read once, after everything was chosen.</param>
/// <param name="Judged">Gains there; empty where nobody can be asked for.</param>
/// <param name="Bundle">Where the bundle with the model lies; null where the model was left out.</param>
/// <param name="Elapsed">How long it all took.</param>
public sealed record RankerReport(int Hidden, float Decay, IReadOnlyList<RankerGain> Validation, EvaluationPart Part, IReadOnlyList<RankerGain> Judged, string? Bundle, TimeSpan Elapsed)
{
    /// <summary>Whether the model helped on the validation part beyond luck: the interval of the mean difference lies above 0.</summary>
    public bool Helps => Validation[^1].Interval.Low > 0;
}
