using System.Buffers;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Manifests;
using Inference.Towers.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>
/// The ranking model of a bundle: a tower whose rows are pairs of a user and an item. The candidates of a request are rows of one call, and several requests share a batch as users do in the towers. What is the
/// user's alone is encoded once per request and run.
/// </summary>
internal sealed class OnnxRanker(TowerRunner<RankedRow, RankedRows> runner, TowerFeatures ranker, ItemCatalogue items) : IRanker, IDisposable
{
    public FeatureSchema Features => ranker.Features;

    public int MaxBatch => runner.MaxBatch;

    public int MaxHistory => runner.MaxHistory;

    public FeatureSchema ItemFeatures => ranker.ItemFeatures;

    public uint Reads { get; } = ranker.Manifest.Inputs!.Aggregate(0u, (all, input) => all | input.Encoder!.Cross);

    public TowerRunner<RankedRow, RankedRows> Runner => runner;

    /// <summary>Its graph, for callers that bring tensors.</summary>
    public RawTower Raw => runner.Raw;

    public async ValueTask<EncodeOutcome> RankAsync(RankInput input, Memory<float> scores, Urgency urgency, CancellationToken cancellationToken)
    {
        int count = input.Rows.Length;
        RankedRow[] rows = ArrayPool<RankedRow>.Shared.Rent(count);
        try
        {
            Fill(input, rows.AsSpan(0, count));
            return await runner.EncodeAsync(rows.AsMemory(0, count), scores, urgency, cancellationToken);
        }
        finally
        {
            // The batcher touches nothing of a call any more once that has its answer.
            ArrayPool<RankedRow>.Shared.Return(rows, clearArray: true);
        }
    }

    /// <summary>The rows of a request.</summary>
    public void Fill(RankInput input, Span<RankedRow> rows)
    {
        for (int i = 0; i < rows.Length; i++)
            rows[i] = new RankedRow(input, items, i);
    }

    /// <summary>The first item for a user of whom only a history is known: for warming up.</summary>
    public RankedRow Example(ReadOnlyMemory<int> history) =>
        new(new RankInput { History = history, Rows = new int[1], Cross = new float[CrossFeatures.Count] }, items, 0);

    public void Dispose() => runner.Dispose();
}
