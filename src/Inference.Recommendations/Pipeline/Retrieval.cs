using System.Buffers;
using System.Diagnostics;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Pipeline;

/// <summary>Finds the items nearest to an embedding.</summary>
internal sealed class Retrieval(RecommendationMetrics metrics, TimeProvider time)
{
    /// <summary>Fills the free places of the slate with the eligible items that score highest, and takes them out of the eligible ones.</summary>
    /// <returns>Whether any item was found.</returns>
    public bool Fill(Snapshot snapshot, ReadOnlyMemory<float> embedding, Eligibility eligible, Slate slate)
    {
        using Activity? span = Log.Activities.StartActivity("index_search");
        long start = time.GetTimestamp();
        Neighbor[] found = ArrayPool<Neighbor>.Shared.Rent(slate.Free);
        try
        {
            int count = snapshot.SharedSearch is { } shared
                ? shared.Search(embedding, found.AsMemory(0, slate.Free), eligible.Filter)
                : snapshot.Index.Search(embedding.Span, found.AsSpan(0, slate.Free), eligible.Filter);
            foreach (Neighbor neighbor in found.AsSpan(0, count))
            {
                // It came after the moment that the reply is made from.
                if (neighbor.Row >= eligible.Rows.RowCount)
                    continue;
                slate.Add(neighbor.Row, neighbor.Score, Sources.Towers);
                eligible.Deny(neighbor.Row);
            }

            metrics.IndexSearched(time.GetElapsedTime(start));
            return count > 0;
        }
        finally
        {
            ArrayPool<Neighbor>.Shared.Return(found);
        }
    }
}
