using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>Scores items that came after the bundle: the towers know where they lie, and every other source gives them what it gives to the average item, 0.</summary>
internal readonly struct AddedRows(Snapshot snapshot, FusionModel model, FusionScratch scratch)
{
    public float Score(int row, in FusionInput input)
    {
        float score = 0;
        for (int i = 0; i < model.Sources.Count; i++)
            score += PartOf(i, row, input);
        return score;
    }

    /// <summary>What each source adds.</summary>
    public void Parts(int row, in FusionInput input, Span<float> parts)
    {
        for (int i = 0; i < parts.Length; i++)
            parts[i] = PartOf(i, row, input);
    }

    private float PartOf(int source, int row, in FusionInput input)
    {
        // Where ranks are added up, an item without a rank gets nothing.
        if (model.Weights is null || scratch.Outcomes[source] != SourceOutcome.Scored || model.Sources[source] is not TowerSource tower)
            return 0f;
        float score = snapshot.Index.Score(tower.IsOfContext ? input.ContextEmbedding : input.Embedding, row);
        return float.IsNaN(score) ? 0f : scratch.Factors[source] * (score - scratch.Means[source]);
    }
}
