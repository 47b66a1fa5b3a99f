using Google.Protobuf.Collections;
using Inference.Recommendations.Queries;
using Wire = Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Replies of the pipeline as responses of the contract. The enums of both have the same numbers; a test holds that.</summary>
internal static class ReplyMapping
{
    public static Wire.RecommendResponse ToResponse(RecommendReply reply, string requestId)
    {
        var response = new Wire.RecommendResponse
        {
            ServedBy = (Wire.Rung)reply.ServedBy,
            ModelVersion = reply.Model.FullVersion,
            EmbeddingSpaceId = reply.Model.EmbeddingSpaceId,
            RequestId = requestId,
            Policy = (Wire.ExplorationPolicy)reply.Policy,
            Surface = reply.Surface,
        };
        AddItems(response.Items, reply.Items);
        AddDegraded(response.Degraded, reply.Degraded);
        return response;
    }

    public static Wire.SimilarItemsResponse ToSimilarResponse(RecommendReply reply, string requestId)
    {
        var response = new Wire.SimilarItemsResponse
        {
            ServedBy = (Wire.Rung)reply.ServedBy,
            ModelVersion = reply.Model.FullVersion,
            EmbeddingSpaceId = reply.Model.EmbeddingSpaceId,
            RequestId = requestId,
            Surface = reply.Surface,
        };
        AddItems(response.Items, reply.Items);
        AddDegraded(response.Degraded, reply.Degraded);
        return response;
    }

    /// <param name="embeddings">Receives count messages.</param>
    /// <param name="values">Count × dimension numbers, row by row.</param>
    /// <param name="dimension">Numbers per embedding.</param>
    public static void AddEmbeddings(RepeatedField<Wire.Embedding> embeddings, ReadOnlySpan<float> values, int dimension)
    {
        embeddings.Capacity = values.Length / dimension;
        for (int start = 0; start < values.Length; start += dimension)
        {
            var embedding = new Wire.Embedding();
            embedding.Values.Capacity = dimension;
            foreach (float value in values.Slice(start, dimension))
                embedding.Values.Add(value);
            embeddings.Add(embedding);
        }
    }

    private static void AddItems(RepeatedField<Wire.RecommendedItem> wire, IReadOnlyList<RecommendedItem> items)
    {
        wire.Capacity = items.Count;
        for (int i = 0; i < items.Count; i++)
        {
            RecommendedItem item = items[i];
            wire.Add(new Wire.RecommendedItem
            {
                ItemId = item.ItemId,
                Score = item.Score,
                Rank = i + 1,
                Source = item.Source,
                Propensity = item.Propensity,
                SlotType = (Wire.SlotType)item.SlotType,
                Reason = item.Reason is { } reason ? ToWire(reason) : null,
            });
        }
    }

    private static Wire.Reason ToWire(Reason reason) => new()
    {
        Kind = (Wire.ReasonKind)reason.Kind,
        Text = reason.Text,
        BecauseOfItemId = reason.BecauseOfItemId ?? "",
        Profile = reason.Profile ?? "",
        ProfileWeight = reason.ProfileWeight,
        Confidence = reason.Confidence,
        Lift = reason.Lift,
    };

    private static void AddDegraded(RepeatedField<Wire.Degradation> wire, IReadOnlyList<Degradation> degraded)
    {
        for (int i = 0; i < degraded.Count; i++)
        {
            wire.Add(new Wire.Degradation
            {
                Component = degraded[i].Component,
                Reason = (Wire.DegradationReason)degraded[i].Reason,
                Detail = degraded[i].Detail,
            });
        }
    }
}
