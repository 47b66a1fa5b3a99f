using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>
/// Scores items that are not as the bundle brought them. Those that came since are scored by the towers, who know where they lie; every other source gives them what it gives to the average item, 0. Those that
/// were replaced keep what other sources say of them.
/// </summary>
internal readonly struct ChangedRows(Snapshot snapshot, FusionModel model, FusionScratch scratch)
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

    /// <summary>Scores the bundle's rows once more by the towers where their vectors are others now.</summary>
    public void ScoreMoved(in FusionInput input)
    {
        // Candidates of large catalogues are scored by the index that serves, which knows.
        if (!scratch.IsWhole || model.Weights is null)
            return;
        foreach (int row in snapshot.Editor.MovedRows)
        {
            for (int i = 0; i < model.Sources.Count; i++)
            {
                if (scratch.Outcomes[i] != SourceOutcome.Scored || model.Sources[i] is not TowerSource tower)
                    continue;
                float score = snapshot.Index.Score(tower.IsOfContext ? input.ContextEmbedding : input.Embedding, row);
                if (float.IsNaN(score))
                    continue;
                ref float part = ref scratch.PartsOf(i)[row];
                scratch.Fused[row] += scratch.Factors[i] * (score - scratch.Means[i] - part);
                part = score - scratch.Means[i];
            }
        }
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
