using Google.Protobuf.Collections;
using Inference.Recommendations.Queries;
using Wire = Recsys.V1;

namespace Inference.Server.Requests;

/// <summary>Replies of the pipeline as responses of the contract. The enums of both have the same numbers; a test holds that.</summary>
internal static class ReplyMapping
{
    /// <param name="shownBefore">Items of the pages before: ranks are counted on.</param>
    /// <param name="explanationBytes">Most bytes of what explains it.</param>
    public static Wire.RecommendResponse ToResponse(RecommendReply reply, string requestId, int shownBefore = 0, int explanationBytes = int.MaxValue)
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
        AddItems(response.Items, reply.Items, shownBefore);
        AddDegraded(response.Degraded, reply.Degraded);
        if (reply.Report is { } report)
            response.Report = ExplanationBudget.Apply(response.Items, ToWire(report), explanationBytes);
        return response;
    }

    /// <inheritdoc cref="ToResponse"/>
    public static Wire.SimilarItemsResponse ToSimilarResponse(RecommendReply reply, string requestId, int shownBefore = 0, int explanationBytes = int.MaxValue)
    {
        var response = new Wire.SimilarItemsResponse
        {
            ServedBy = (Wire.Rung)reply.ServedBy,
            ModelVersion = reply.Model.FullVersion,
            EmbeddingSpaceId = reply.Model.EmbeddingSpaceId,
            RequestId = requestId,
            Surface = reply.Surface,
        };
        AddItems(response.Items, reply.Items, shownBefore);
        AddDegraded(response.Degraded, reply.Degraded);
        if (reply.Report is { } report)
            response.Report = ExplanationBudget.Apply(response.Items, ToWire(report), explanationBytes);
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

    private static void AddItems(RepeatedField<Wire.RecommendedItem> wire, IReadOnlyList<RecommendedItem> items, int shownBefore)
    {
        wire.Capacity = items.Count;
        for (int i = 0; i < items.Count; i++)
        {
            RecommendedItem item = items[i];
            var added = new Wire.RecommendedItem
            {
                ItemId = item.ItemId,
                Score = item.Score,
                Rank = shownBefore + i + 1,
                Source = item.Source,
                Propensity = item.Propensity,
                SlotType = (Wire.SlotType)item.SlotType,
                Reason = item.Reason is { } reason ? ToWire(reason) : null,
            };
            for (int part = 0; part < (item.Parts?.Count ?? 0); part++)
                added.Parts.Add(ToWire(item.Parts![part]));
            for (int moved = 0; moved < (item.Adjustments?.Count ?? 0); moved++)
                added.Adjustments.Add(ToWire(item.Adjustments![moved]));
            wire.Add(added);
        }
    }

    private static Wire.ScorePart ToWire(ScorePart part)
    {
        var wire = new Wire.ScorePart { Name = part.Name, Contribution = part.Contribution, Rank = part.Rank };
        if (part.Score is { } score)
            wire.Score = score;
        return wire;
    }

    private static Wire.Adjustment ToWire(Adjustment adjustment) => new()
    {
        Kind = (Wire.AdjustmentKind)adjustment.Kind,
        Name = adjustment.Name,
        Amount = adjustment.Amount,
        FromRank = adjustment.FromRank,
    };

    private static Wire.SlateReport ToWire(SlateReport report)
    {
        var wire = new Wire.SlateReport
        {
            Novelty = report.Novelty,
            PopularShare = report.PopularShare,
            CoverageAttribute = report.CoverageAttribute,
            Coverage = report.Coverage,
            EligibleItems = report.EligibleItems,
            ExplanationsLeftOut = report.ExplanationsLeftOut,
        };
        if (report.Diversity is { } diversity)
            wire.Diversity = diversity;
        for (int i = 0; i < report.Retrievers.Count; i++)
            wire.Retrievers.Add(ToWire(report.Retrievers[i]));
        return wire;
    }

    private static Wire.RetrieverReport ToWire(RetrieverReport report) => new()
    {
        Name = report.Name,
        Found = report.Found,
        Shown = report.Shown,
        DurationUs = report.Duration.TotalMicroseconds,
        Outcome = report.Outcome switch
        {
            RetrieverOutcome.Ok => "ok",
            RetrieverOutcome.Silent => "silent",
            RetrieverOutcome.Late => "late",
            _ => "failed",
        },
    };

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
