using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>Says in a reply what of its request this model does not know.</summary>
internal static class Unknowns
{
    /// <summary>Features that are named in the label of a request; the others are counted.</summary>
    private const int MostNamed = 3;

    /// <summary>Ids that are in no catalogue.</summary>
    public static void ReportItems(string component, int unknown, int sent, Degradations degraded)
    {
        if (unknown > 0)
            degraded.Add(component, DegradationReason.UnknownItems, $"{unknown} of {sent} ids are not in the catalogue and were ignored.");
    }

    /// <summary>A page that another version began.</summary>
    public static void ReportVersion(Snapshot snapshot, Page? page, Degradations degraded)
    {
        if (page is not null && page.ModelVersion != snapshot.Model.FullVersion)
            degraded.Add(Components.PageToken, DegradationReason.Unavailable, $"The page before came from {page.ModelVersion}, which is not loaded any more; the order goes on as {snapshot.Model.FullVersion} has it.");
    }

    /// <summary>Features of the request that no part of the model reads.</summary>
    public static void ReportFeatures(Snapshot snapshot, IReadOnlyDictionary<string, FeatureValue> context, Degradations degraded)
    {
        if (context.Count == 0)
            return;
        int unknown = 0;
        string names = "";
        foreach (string name in context.Keys)
        {
            if (snapshot.Context.Knows(name))
                continue;
            if (unknown++ < MostNamed)
                names += unknown == 1 ? $"'{name}'" : $", '{name}'";
        }

        if (unknown > 0)
            degraded.Add(Components.Context, DegradationReason.UnknownFeatures, $"{unknown} features are not known to this model and were ignored: {names}{(unknown > MostNamed ? ", ..." : "")}.");
    }
}
