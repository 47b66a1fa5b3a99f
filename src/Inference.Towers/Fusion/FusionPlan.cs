using Inference.Recommendations.Fusion;

namespace Inference.Towers.Fusion;

/// <summary>A fused model that was read and checked, but for the item embeddings, which are served from what is made last.</summary>
/// <param name="entries">By source: the source, or what a tower source is to be.</param>
/// <param name="weights">Null where ranks are added up.</param>
/// <param name="newItems">Null where new items are scored as all others.</param>
internal sealed class FusionPlan(IReadOnlyList<PlannedSource> entries, FusionWeights? weights, NewItemWeights? newItems) : IDisposable
{
    /// <summary>Makes the model. To be called once; the model then owns the sources.</summary>
    public FusionModel Build(TowerItems items)
    {
        var sources = new ScoreSource[entries.Count];
        for (int i = 0; i < sources.Length; i++)
            sources[i] = entries[i].Source ?? new TowerSource(entries[i].Name, items, entries[i].IsOfContext, entries[i].IsStandardised);
        return new FusionModel(sources, weights, newItems);
    }

    /// <summary>Lets go of what a plan holds that is not built.</summary>
    public void Dispose()
    {
        foreach (PlannedSource entry in entries)
            entry.Source?.Dispose();
    }
}

/// <summary>A source, or a tower to be.</summary>
internal readonly record struct PlannedSource(ScoreSource? Source, string Name = "", bool IsOfContext = false, bool IsStandardised = true);
