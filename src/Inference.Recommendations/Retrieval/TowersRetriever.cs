using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>"towers": the items nearest to the embedding of the user, by the metric of the space; on a device where the snapshot has one.</summary>
internal sealed class TowersRetriever(EmbeddingSearch search) : Retriever(Sources.Towers, Sources.Towers, Retrievers.Towers)
{
    public override bool NeedsTower => true;

    public override bool ReadsHistory => true;

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => input.Embedding.IsEmpty
        ? new ValueTask<int>(Silent)
        : search.FindAsync(input.Snapshot, input.Embedding, found, input.Eligible, input.Query.Priority, input.Budget, input.Degraded, cancellationToken);

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        input.Snapshot.Index.Score(input.Embedding.Span, rows, scores);
        return true;
    }
}
