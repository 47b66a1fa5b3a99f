using Inference.Recommendations.Recall;
using Inference.Server.Options;
using Inference.Towers;
using Inference.Vectors;
using Recsys.V1;
using UnitTests.Cli;
using UnitTests.Towers;
using UnitTests.Vectors.Graph;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>A server whose index was damaged on purpose finds out by itself, says so everywhere, and answers by a scan where it may.</summary>
public sealed class LiveRecallTests
{
    private const int Items = 4_000;

    private static readonly SmallWorld World = new(Items, seed: 7);

    [Theory]
    [InlineData(IndexKind.Fast)]
    [InlineData(IndexKind.Compact)]
    public async Task Recommend_FromADamagedIndex_IsLabelledAndThenAnsweredByAScan(IndexKind kind)
    {
        await using RunningServer server = await StartAsync(kind, isDamaged: true, options => options.Recall.Fallback = RecallFallback.Exact);
        Assert.Equal("ready\n", await server.Http.GetStringAsync("/readyz"));
        double before = await SharedWithTruthAsync(server, 20, firstItem: 0);

        LiveRecall recall = await UntilAsync(server, recall => recall.Degraded);

        // The status.
        Assert.True(recall.Scans && recall.AgainstEmbeddings, recall.Detail);
        Assert.Equal(("small/1", 0.9), (recall.Version, recall.Threshold));
        Assert.InRange(recall.Overall.Recall, 0, 0.85);
        Assert.InRange(recall.Overall.Recall, recall.Overall.Lower, recall.Overall.Upper);
        Assert.InRange(recall.Scan.Recall, 0.95, 1);
        // Readiness and metrics.
        string ready = await server.Http.GetStringAsync("/readyz"), metrics = await server.Http.GetStringAsync("/metrics");
        Assert.StartsWith("ready, but The index finds ", ready, StringComparison.Ordinal);
        Assert.Matches("recsys_recall_degraded\\{[^}]*recsys_model_version=\"small/1\"[^}]*\\} 1", metrics);
        Assert.Matches("recsys_recall_estimate_ratio\\{[^}]*recsys_filter=\"all\"[^}]*\\} 0\\.", metrics);
        // The replies: a label each, and the right items.
        RecommendResponse reply = await server.Recommendations.RecommendAsync(Request(5));
        Degradation label = Assert.Single(reply.Degraded, degradation => degradation.Reason == DegradationReason.LowRecall);
        Assert.Equal("index", label.Component);
        Assert.Contains("a scan of all eligible items answers instead", label.Detail, StringComparison.Ordinal);
        Assert.InRange(before, 0, 0.85);
        Assert.InRange(await SharedWithTruthAsync(server, 20, firstItem: 100), 0.95, 1);
        SimilarItemsResponse similar = await server.Recommendations.SimilarItemsAsync(new SimilarItemsRequest { ItemIds = { SmallWorld.IdOf(3) } });
        Assert.Contains(similar.Degraded, degradation => degradation.Reason == DegradationReason.LowRecall);
        // The command line.
        CliRun shown = await CliRun.Of("models", "status", "--address", server.Host.GrpcAddress);
        Assert.Equal((0, ""), (shown.Code, shown.Error));
        Assert.Contains("degraded: The index finds", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recommend_FromADamagedIndexWithoutAFallback_IsLabelledAlone()
    {
        await using RunningServer server = await StartAsync(IndexKind.Fast, isDamaged: true);
        await SharedWithTruthAsync(server, 20, firstItem: 0);

        LiveRecall recall = await UntilAsync(server, recall => recall.Degraded);

        Assert.False(recall.Scans);
        RecommendResponse reply = await server.Recommendations.RecommendAsync(Request(5));
        Assert.Contains(reply.Degraded, degradation => degradation.Detail.Contains("the index answers all the same", StringComparison.Ordinal));
        Assert.Matches("recsys_degradations_total\\{[^}]*recsys_reason=\"low_recall\"", await server.Http.GetStringAsync("/metrics"));
    }

    [Fact]
    public async Task Recommend_FromASoundIndex_IsMeasuredAndNotLabelled()
    {
        await using RunningServer server = await StartAsync(IndexKind.Fast, isDamaged: false);
        Assert.Null((await Models(server).StatusAsync(new StatusRequest())).Recall);

        Assert.InRange(await SharedWithTruthAsync(server, 20, firstItem: 0), 0.95, 1);
        LiveRecall recall = await UntilAsync(server, recall => recall.Checked >= 20);

        Assert.False(recall.Degraded);
        Assert.InRange(recall.Overall.Recall, 0.95, 1);
        Assert.Equal("ready\n", await server.Http.GetStringAsync("/readyz"));
        Assert.Empty((await server.Recommendations.RecommendAsync(Request(5))).Degraded);
    }

    [Fact]
    public async Task Recommend_WithTheShareOfNothing_IsNotMeasured()
    {
        await using RunningServer server = await StartAsync(IndexKind.Fast, isDamaged: true, options => options.Recall.Share = 0);

        await SharedWithTruthAsync(server, 20, firstItem: 0);

        Assert.Null((await Models(server).StatusAsync(new StatusRequest())).Recall);
        Assert.Empty((await server.Recommendations.RecommendAsync(Request(5))).Degraded);
    }

    private static Task<RunningServer> StartAsync(IndexKind kind, bool isDamaged, Action<InferenceOptions>? configure = null)
    {
        float[] embeddings = [.. Enumerable.Range(0, Items).SelectMany(World.ItemVector)];
        using VectorMatrix matrix = VectorMatrix.Create(embeddings, SmallWorld.Dimension);
        VectorIndex index = IndexBuilder.Build(matrix, Metric.InnerProduct, new IndexOptions { Kind = kind });
        VectorIndex served = isDamaged ? DamagedIndex.BrokenLinks(index) : index;
        return RunningServer.StartAsync(
            options =>
            {
                options.Index.Kind = kind == IndexKind.Fast ? ItemIndexKind.Fast : ItemIndexKind.Compact;
                (options.Recall.Share, options.Recall.MinSamples, options.Recall.ProcessorShare, options.Recall.QueueLength) = (1, 15, 1, 1024);
                configure?.Invoke(options);
            },
            _ => World.Content() with { ItemEmbeddings = embeddings, Index = served });
    }

    /// <summary>A request of nobody, whose vector is known.</summary>
    private static RecommendRequest Request(int item) => new() { RecentItemIds = { SmallWorld.IdOf(item), SmallWorld.IdOf((item * 7) % Items) }, Limit = 10 };

    private static async Task<double> SharedWithTruthAsync(RunningServer server, int requests, int firstItem)
    {
        int shared = 0;
        for (int i = 1; i <= requests; i++)
        {
            int item = firstItem + i;
            RecommendResponse reply = await server.Recommendations.RecommendAsync(Request(item));
            int[] history = [item, (item * 7) % Items];
            shared += reply.Items.Select(one => one.ItemId).Intersect(World.Top(10, World.Embed(0, history), history)).Count();
        }

        return shared / (10.0 * requests);
    }

    private static async Task<LiveRecall> UntilAsync(RunningServer server, Func<LiveRecall, bool> condition)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        while (true)
        {
            if ((await Models(server).StatusAsync(new StatusRequest(), cancellationToken: patience.Token)).Recall is { } recall && condition(recall))
                return recall;
            await Task.Delay(20, patience.Token);
        }
    }

    private static ModelService.ModelServiceClient Models(RunningServer server) => new(server.Channel);
}
