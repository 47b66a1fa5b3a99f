using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Pipeline;

/// <summary>What became of retrievers, as replies state it.</summary>
internal static class RetrieverOutcomes
{
    /// <summary>The outcome of a part that did not answer, by the label that it left: silent where it left none.</summary>
    public static RetrieverOutcome Of(string component, Degradations degraded)
    {
        for (int i = degraded.List.Count - 1; i >= 0; i--)
        {
            if (degraded.List[i].Component == component)
                return degraded.List[i].Reason == DegradationReason.Timeout ? RetrieverOutcome.Late : RetrieverOutcome.Failed;
        }

        return RetrieverOutcome.Silent;
    }

    /// <summary>The retrievers of a slate, each with the number of shown items that it found: those with a part of its name that has a score or a rank.</summary>
    public static IReadOnlyList<RetrieverReport> Shown(Slate slate)
    {
        List<RetrieverReport> reports = slate.Retrievers!;
        var shown = new RetrieverReport[reports.Count];
        for (int i = 0; i < shown.Length; i++)
        {
            int count = 0;
            foreach (Slate.Place place in slate.Places)
                count += IsFoundBy(reports[i].Name, slate.Parts!.Of(place.Row)) ? 1 : 0;
            shown[i] = reports[i] with { Shown = count };
        }

        return shown;
    }

    private static bool IsFoundBy(string name, IReadOnlyList<ScorePart> parts)
    {
        for (int i = 0; i < parts.Count; i++)
        {
            if (parts[i].Name == name && (parts[i].Score is not null || parts[i].Rank > 0))
                return true;
        }

        return false;
    }
}
