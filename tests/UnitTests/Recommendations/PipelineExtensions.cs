using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations;

internal static class PipelineExtensions
{
    /// <summary>Similar items of a snapshot without a device, where nothing is waited for.</summary>
    public static RecommendReply Similar(this RecommendationPipeline pipeline, Snapshot snapshot, SimilarItemsQuery query)
    {
        Task<RecommendReply> call = pipeline.SimilarAsync(snapshot, query, CancellationToken.None).AsTask();
        Assert.True(call.IsCompletedSuccessfully);
        return call.GetAwaiter().GetResult();
    }
}
