using System.Runtime.CompilerServices;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;

namespace Inference.Recommendations.Retrieval;

/// <summary>Keeps the plans of surfaces with the snapshots that they are for, for as long as those live.</summary>
internal sealed class SurfacePlans(EmbeddingSearch search, IVectorEngine? engine)
{
    /// <summary>Plans of one snapshot; when a changed file has brought more, all are made anew.</summary>
    private const int MostKept = 3 * SurfacesFile.MostSurfaces;

    private readonly ConditionalWeakTable<Snapshot, Kept> _kept = [];

    /// <summary>The plan of a surface.</summary>
    /// <param name="scorer">What fuses sources for this user; null where there is none.</param>
    public SurfacePlan Of(Snapshot snapshot, Surface surface, FusedScorer? scorer)
    {
        Kept kept = _kept.GetValue(snapshot, static _ => new Kept());
        SurfacePlan[] plans = Volatile.Read(ref kept.Plans);
        foreach (SurfacePlan plan in plans)
        {
            if (ReferenceEquals(plan.Surface, surface) && ReferenceEquals(plan.Scorer, scorer))
                return plan;
        }

        // A plan that is lost to another thread is made once more.
        var made = new SurfacePlan(surface, snapshot, scorer, search, engine);
        Volatile.Write(ref kept.Plans, plans.Length >= MostKept ? [made] : [.. plans, made]);
        return made;
    }

    private sealed class Kept
    {
        public SurfacePlan[] Plans = [];
    }
}
