namespace Inference.Training.Evaluation.Sessions;

/// <summary>Everything that a simulation found.</summary>
/// <param name="Part">Whose users were played.</param>
/// <param name="Options">How.</param>
/// <param name="Users">How many.</param>
/// <param name="Policies">In the order of reports; the first is what the others are held against.</param>
/// <param name="NewItems">What slots for new items earn; empty where the part has none, or no bundle can score them.</param>
public sealed record SessionReport(EvaluationPart Part, SessionOptions Options, int Users, IReadOnlyList<SessionScore> Policies, IReadOnlyList<NewItemResult> NewItems)
{
    private const int Resamples = 1_000;

    /// <summary>Held against the first of the results.</summary>
    public static SessionReport Of(EvaluationPart part, SessionOptions options, IReadOnlyList<SessionResult> results, IReadOnlyList<NewItemResult> newItems)
    {
        IReadOnlyList<PairedRatio> ratios = PairedRatio.Of([.. results.Select(result => result.Totals())], Resamples);
        double regret = results[0].Regret;
        return new SessionReport(
            part, options, results[0].Users, [.. results.Zip(ratios, (result, ratio) => new SessionScore(result, ratio, regret == 0 ? double.NaN : 1 - (result.Regret / regret)))], newItems);
    }
}

/// <summary>A policy beside the first one.</summary>
/// <param name="Result">Its clicks.</param>
/// <param name="Hits">How many more clicks than the first one it has, with an interval over users.</param>
/// <param name="RegretReduction">How much of the first one's regret is gone, as a share.</param>
public sealed record SessionScore(SessionResult Result, PairedRatio Hits, double RegretReduction);
