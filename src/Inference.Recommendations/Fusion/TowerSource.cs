using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Fusion;

/// <summary>A user embedding against the item embeddings, by the metric of the bundle's space: of features and history, or of the features alone ("shrunk to the context's answer").</summary>
public sealed class TowerSource : ScoreSource
{
    private readonly TowerItems _items;

    /// <param name="name">Its name in the model.</param>
    /// <param name="items">The item embeddings.</param>
    /// <param name="isOfContext">Whether it takes the embedding of the empty history.</param>
    /// <param name="isStandardised">See <see cref="ScoreSource.IsStandardised"/>.</param>
    public TowerSource(string name, TowerItems items, bool isOfContext = false, bool isStandardised = true)
        : base(name, Sources.Towers, items.RowCount, isStandardised)
    {
        (_items, IsOfContext) = (items, isOfContext);
    }

    /// <summary>Whether it takes the embedding of the empty history.</summary>
    public bool IsOfContext { get; }

    internal override bool ReadsHistory => !IsOfContext;

    internal override bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores)
    {
        ReadOnlySpan<float> embedding = EmbeddingOf(input);
        if (embedding.IsEmpty)
            return false;
        _items.Score(embedding, rows, scores);
        return true;
    }

    internal override void Propose(in FusionInput input, FusionScratch scratch, int most)
    {
        ReadOnlySpan<float> embedding = EmbeddingOf(input);
        if (embedding.IsEmpty)
            return;
        Span<Neighbor> found = scratch.Found(most);
        foreach (Neighbor neighbor in found[.._items.Search(embedding, found, scratch.Filter, input.Searcher)])
            scratch.Candidates.Add(neighbor.Row);
    }

    /// <summary>What it holds against the items; empty where the tower did not answer.</summary>
    internal ReadOnlySpan<float> EmbeddingOf(in FusionInput input) => IsOfContext ? input.ContextEmbedding : input.Embedding;
}
