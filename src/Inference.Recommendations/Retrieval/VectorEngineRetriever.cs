using Inference.Recommendations.Fusion;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>
/// "vector_engine": the items nearest to the embedding of the user in an engine outside this process.
/// <list type="number">
/// <item>More are asked for than wanted, by the share of the items that may be shown, for the engine may know less of filters, and nothing of what a user has seen.</item>
/// <item>What the snapshot does not hold, or may not be shown, is left out.</item>
/// <item>The rest is scored by the snapshot's own vectors, so that scores are those of "towers", and an item that changed since it was brought to the engine has its present one.</item>
/// </list>
/// Where filters leave hardly more items than are wanted, they are scored here, and nobody is asked.
/// </summary>
internal sealed class VectorEngineRetriever(IVectorEngine engine) : Retriever(Sources.VectorEngine, Sources.VectorEngine, Retrievers.VectorEngine)
{
    /// <summary>The engine is asked for at most so many times what is wanted.</summary>
    private const int MostOverfetch = 8;

    /// <summary>Asked for beside what is wanted: seen and excluded items are near to their user.</summary>
    private const int Spare = 32;

    public override bool NeedsTower => true;

    public override bool IsRemote => true;

    public override bool ReadsHistory => true;

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken)
    {
        if (input.Embedding.IsEmpty)
            return new ValueTask<int>(Silent);
        Span<int> few = scratch.Rows(found.Length);
        int count = input.Eligible.CopyFew(few);
        return count >= 0 ? new ValueTask<int>(Rank(input, scratch, few[..count], found.Span)) : AskAsync(input, scratch, found, cancellationToken);
    }

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        input.Snapshot.Index.Score(input.Embedding.Span, rows, scores);
        return true;
    }

    private async ValueTask<int> AskAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken)
    {
        var query = new EngineQuery(
            input.Snapshot.Model.EmbeddingSpaceId, input.Snapshot.Model.Metric, input.Embedding, CountFor(found.Length, input.Eligible), input.Query.Filter, input.Patience);
        EngineAnswer answer = await engine.SearchAsync(query, cancellationToken);
        // Others write to the labels meanwhile, so it is not written there yet.
        if (answer.Missing > 0)
            scratch.Warning = $"{answer.Missing} of {answer.Shards} parts of the vector engine did not answer; the others did.";
        return RankKnown(input, scratch, answer.ItemIds, found.Span);
    }

    /// <summary>How many to ask for, so that about the wanted number of them may be shown.</summary>
    private static int CountFor(int wanted, Eligibility eligible)
    {
        double share = eligible.Most / (double)Math.Max(1, eligible.Rows.RowCount);
        return (int)Math.Min(wanted * Math.Min(1 / Math.Max(share, 1e-9), MostOverfetch), int.MaxValue - Spare) + Spare;
    }

    private static int RankKnown(RetrievalInput input, RetrieverScratch scratch, IReadOnlyList<string> ids, Span<Neighbor> found)
    {
        Span<int> rows = scratch.Rows(ids.Count);
        int known = 0;
        for (int i = 0; i < ids.Count; i++)
        {
            if (input.Snapshot.Items.TryGetRow(ids[i], input.Eligible.Rows, out int row) && input.Eligible.Allows(row))
                rows[known++] = row;
        }

        return Rank(input, scratch, rows[..known], found);
    }

    private static int Rank(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<Neighbor> found)
    {
        Span<float> scores = scratch.Scores(rows.Length);
        input.Snapshot.Index.Score(input.Embedding.Span, rows, scores);
        var best = new BestRows(scratch.Keys(found.Length));
        for (int i = 0; i < rows.Length; i++)
        {
            // Deleted meanwhile.
            if (!float.IsNaN(scores[i]))
                best.Offer(rows[i], scores[i]);
        }

        return BestFirst.Write(best.Sorted(), found);
    }
}
