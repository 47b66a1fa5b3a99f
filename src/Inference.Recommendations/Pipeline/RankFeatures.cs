using System.Buffers;
using System.Numerics.Tensors;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>Computes the cross features of the candidates of a slate: those that a ranking model reads, and no others. Allocates nothing.</summary>
internal static class RankFeatures
{
    /// <summary>Latest items of a history that candidates are compared with.</summary>
    internal const int LatestItems = 10;

    private static readonly uint OfUser = CrossFeatures.SetOf(CrossFeature.InnerProduct) | CrossFeatures.SetOf(CrossFeature.Cosine);

    private static readonly uint OfHistory = CrossFeatures.SetOf(CrossFeature.LatestSimilarity) | CrossFeatures.SetOf(CrossFeature.HistorySimilarity);

    /// <summary>Whether a set has a feature of the user's embedding.</summary>
    public static bool ReadsUser(uint reads) => (reads & OfUser) != 0;

    /// <summary>Fills the columns of a set for each candidate.</summary>
    /// <param name="history">Rows that the user touched, latest last.</param>
    /// <param name="cross">Candidates × <see cref="CrossFeatures.Count"/> places.</param>
    public static void Fill(Snapshot snapshot, uint reads, Slate slate, ReadOnlySpan<int> history, Span<float> cross)
    {
        cross.Fill(float.NaN);
        Popularity popularity = snapshot.Popularity;
        ItemArms arms = snapshot.Arms;
        float events = CrossFeatures.Has(reads, CrossFeature.KnownEvents) ? DistinctOf(history) : 0;
        ReadOnlySpan<Slate.Place> places = slate.Places;
        for (int i = 0; i < places.Length; i++)
        {
            Span<float> row = cross.Slice(i * CrossFeatures.Count, CrossFeatures.Count);
            int item = places[i].Row;
            row[(int)CrossFeature.RetrievalScore] = places[i].Score;
            row[(int)CrossFeature.RetrievalRank] = i + 1;
            row[(int)CrossFeature.Popularity] = popularity.RateOf(item);
            row[(int)CrossFeature.Impressions] = arms.ShownOf(item);
            row[(int)CrossFeature.Clicks] = arms.ClickedOf(item);
            row[(int)CrossFeature.KnownEvents] = events;
            if (CrossFeatures.Has(reads, CrossFeature.HistoryPosition) && history.LastIndexOf(item) is >= 0 and var place)
                row[(int)CrossFeature.HistoryPosition] = history.Length - place;
        }

        if ((reads & (OfUser | OfHistory)) != 0)
            FillVectors(snapshot, reads, slate, history, cross);
    }

    private static void FillVectors(Snapshot snapshot, uint reads, Slate slate, ReadOnlySpan<int> history, Span<float> cross)
    {
        int dimension = snapshot.Index.Dimension;
        int latest = (reads & OfHistory) == 0 ? 0 : CrossFeatures.Has(reads, CrossFeature.HistorySimilarity) ? LatestItems : 1;
        ReadOnlySpan<float> user = (reads & OfUser) != 0 ? slate.UserVector : [];
        // One vector for the candidate, then those of the latest items of the history, latest first.
        float[] vectors = ArrayPool<float>.Shared.Rent((1 + latest) * dimension);
        try
        {
            Span<float> item = vectors.AsSpan(0, dimension);
            Span<float> norms = stackalloc float[LatestItems];
            int found = CopyLatest(snapshot, history, latest, vectors.AsSpan(dimension), norms, out bool hasLatest);
            float userNorm = user.IsEmpty ? 0 : TensorPrimitives.Norm(user);
            ReadOnlySpan<Slate.Place> places = slate.Places;
            for (int i = 0; i < places.Length; i++)
            {
                if (!snapshot.Index.TryCopyVector(places[i].Row, item))
                    continue;
                Span<float> row = cross.Slice(i * CrossFeatures.Count, CrossFeatures.Count);
                float norm = TensorPrimitives.Norm<float>(item);
                if (!user.IsEmpty)
                {
                    float product = TensorPrimitives.Dot(user, item);
                    row[(int)CrossFeature.InnerProduct] = product;
                    if (norm > 0 && userNorm > 0)
                        row[(int)CrossFeature.Cosine] = product / (norm * userNorm);
                }

                float largest = float.NaN;
                for (int h = 0; h < found && norm > 0; h++)
                {
                    float cosine = TensorPrimitives.Dot<float>(item, vectors.AsSpan((1 + h) * dimension, dimension)) / (norm * norms[h]);
                    if (h == 0 && hasLatest)
                        row[(int)CrossFeature.LatestSimilarity] = cosine;
                    if (!(cosine <= largest))
                        largest = cosine;
                }

                row[(int)CrossFeature.HistorySimilarity] = largest;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(vectors);
        }
    }

    /// <summary>Copies the embeddings of the latest items that have one.</summary>
    /// <param name="hasLatest">Whether the first of them is that of the latest item.</param>
    private static int CopyLatest(Snapshot snapshot, ReadOnlySpan<int> history, int most, Span<float> vectors, Span<float> norms, out bool hasLatest)
    {
        int found = 0, dimension = snapshot.Index.Dimension;
        hasLatest = false;
        for (int back = 1; back <= Math.Min(most, history.Length); back++)
        {
            Span<float> vector = vectors.Slice(found * dimension, dimension);
            if (!snapshot.Index.TryCopyVector(history[^back], vector) || TensorPrimitives.Norm<float>(vector) is not (> 0 and var norm))
                continue;
            hasLatest |= back == 1;
            norms[found++] = norm;
        }

        return found;
    }

    private static int DistinctOf(ReadOnlySpan<int> history)
    {
        int distinct = 0;
        for (int i = 0; i < history.Length; i++)
        {
            if (!history[..i].Contains(history[i]))
                distinct++;
        }

        return distinct;
    }
}
