using System.Numerics.Tensors;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>
/// "recent_items": what is near to the latest items of the history, each on its own, so that a session about two things gets both.
/// <list type="number">
/// <item>The vectors of the latest <see cref="Items"/> distinct items h_0 (the newest), h_1, …; at length 1 where the metric is an inner product, so that long vectors do not count more.</item>
/// <item>For each the eligible items nearest to it: of the list that is kept for it (<see cref="NearItems"/>), or, where too few of the list may be shown, by a search among those that may.</item>
/// <item>score(j) = Σ_k <see cref="Decay"/>^k · s(h_k, j), with s the metric's score, at least 0; of a squared distance d² it is 1 ∕ (1 + d²).</item>
/// </list>
/// The newest come first, and once half of the retriever's time is over no further one is searched for: under tight filters a search may take long, and the latest items weigh most.
/// The items themselves are not among what is found.
/// </summary>
internal sealed class RecentItemsRetriever() : Retriever(Sources.RecentItems, Sources.RecentItems, Retrievers.RecentItems)
{
    /// <summary>Items of the history that count.</summary>
    public const int Items = 5;

    /// <summary>What each step into the past is multiplied with.</summary>
    public const float Decay = 0.7f;

    /// <summary>For items before the latest one it is enough that this part of what is wanted is left of the list: the nearest of what may be shown is among it.</summary>
    private const int OfOlder = 8;

    public override bool ReadsHistory => true;

    public override ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken) => new(Find(input, scratch, found.Span));

    public override bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores)
    {
        LiveIndex index = input.Snapshot.Index;
        Span<float> one = scratch.Scores(rows.Length);
        scores.Clear();
        float factor = 1f;
        for (int k = 0; k < scratch.VectorCount; k++)
        {
            index.Score(scratch.Vectors(scratch.VectorCount * index.Dimension).Span.Slice(k * index.Dimension, index.Dimension), rows, one);
            for (int i = 0; i < rows.Length; i++)
            {
                float likeness = index.Metric == Metric.L2 ? 1f / (1f - one[i]) : MathF.Max(one[i], 0f);
                scores[i] += factor * (float.IsFinite(likeness) ? likeness : 0f);
            }

            factor *= Decay;
        }

        return true;
    }

    private int Find(RetrievalInput input, RetrieverScratch scratch, Span<Neighbor> found)
    {
        int count = ReadVectors(input, scratch);
        if (count == 0)
            return Silent;
        scratch.VectorCount = Search(input, scratch, count, found.Length);
        ReadOnlySpan<int> rows = scratch.Places.Rows;
        if (rows.IsEmpty)
            return 0;
        Span<float> scores = scratch.Sums(rows.Length);
        Score(input, scratch, rows, scores);
        var best = new BestRows(scratch.Keys(found.Length));
        for (int i = 0; i < rows.Length; i++)
            best.Offer(rows[i], scores[i]);
        return BestFirst.Write(best.Sorted(), found);
    }

    /// <summary>Adds the best of a list that may be shown.</summary>
    /// <returns>Whether there were enough, or the list holds all that there are.</returns>
    private static bool AddListed(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> list, int most, int enough)
    {
        int wanted = most;
        if (list.Length < NearItems.Listed)
            enough = 0;
        int eligible = 0;
        foreach (int row in list)
            eligible += input.Eligible.Allows(row) ? 1 : 0;
        if (eligible < enough)
            return false;
        foreach (int row in list)
        {
            if (wanted == 0)
                break;
            if (!input.Eligible.Allows(row))
                continue;
            wanted--;
            if (!input.Latest.Contains(row))
                scratch.Places.Add(row);
        }

        return true;
    }

    private static int ReadVectors(RetrievalInput input, RetrieverScratch scratch)
    {
        LiveIndex index = input.Snapshot.Index;
        Span<float> vectors = scratch.Vectors(Items * index.Dimension).Span;
        int count = 0;
        foreach (int row in input.Latest)
        {
            if (count == Items)
                break;
            Span<float> vector = vectors.Slice(count * index.Dimension, index.Dimension);
            if (!index.TryCopyVector(row, vector))
                continue;
            scratch.Rows(Items)[count] = row;
            float norm = TensorPrimitives.Norm<float>(vector);
            if (!(norm > 0f))
                continue;
            if (index.Metric == Metric.InnerProduct)
                TensorPrimitives.Divide(vector, norm, vector);
            count++;
        }

        return scratch.VectorCount = count;
    }

    /// <returns>How many of the latest items count.</returns>
    private static int Search(RetrievalInput input, RetrieverScratch scratch, int count, int quota)
    {
        LiveIndex index = input.Snapshot.Index;
        // The items themselves may be eligible, and would then take places.
        int most = quota + Math.Min(count, Items);
        Span<float> vectors = scratch.Vectors(count * index.Dimension).Span;
        Span<Neighbor> found = scratch.Found(Math.Max(most, NearItems.Listed)).Span;
        Span<int> asked = scratch.Rows(Items);
        double time = input.Clock.SecondsOf(input.Clock.Now);
        scratch.Places.Begin(count * Math.Max(most, NearItems.Listed));
        for (int k = 0; k < count; k++)
        {
            if (k > 0 && input.Clock.Now >= input.EnoughAt)
                return k;
            ReadOnlySpan<float> vector = vectors.Slice(k * index.Dimension, index.Dimension);
            if (most <= NearItems.Listed && AddListed(input, scratch, input.Snapshot.NearItems.Of(index, asked[k], vector, input.Searcher, found, time), most, k == 0 ? most : most / OfOlder))
                continue;
            int near = input.Searcher.Search(vector, found[..most], input.Eligible.Filter);
            foreach (Neighbor neighbor in found[..near])
            {
                if (neighbor.Row < input.Eligible.Rows.RowCount && !input.Latest.Contains(neighbor.Row))
                    scratch.Places.Add(neighbor.Row);
            }
        }

        return count;
    }
}
