using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Retrieval;

/// <summary>Builds what "content" retrievers read before the first request: the items by value of the attributes that surfaces go by. What is not there is built when it is first asked for, and that retriever is silent until then.</summary>
public static class ContentPreparation
{
    /// <summary>Builds the lists on the caller's thread.</summary>
    /// <param name="snapshot">The bundle, with the items that came since.</param>
    /// <param name="surfaces">The surfaces that will be asked for.</param>
    /// <param name="time">The clock of the requests.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static void Run(Snapshot snapshot, IReadOnlyList<Surface> surfaces, TimeProvider time, CancellationToken cancellationToken)
    {
        var clock = new FusionClock(time, long.MaxValue);
        foreach (Surface surface in surfaces)
        {
            foreach (SurfaceRetriever listed in surface.Retrievers)
            {
                if (listed.Name != Sources.Content || !SurfacePlan.GoesByAttributes(listed, snapshot.Fusion))
                    continue;
                foreach (string attribute in ContentRetriever.AttributesOf(surface, listed))
                {
                    if (snapshot.Items.ValueLists.Knows(attribute))
                        snapshot.Items.ValueLists.Prepare(attribute, snapshot.Popularity, clock, cancellationToken);
                }
            }
        }
    }
}
