using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>The item tower of a bundle.</summary>
internal sealed class OnnxItemTower(TowerRunner<ItemTowerInput, ItemRows> runner, FeatureSchema features) : IItemTower, IDisposable
{
    public FeatureSchema Features => features;

    public TowerRunner<ItemTowerInput, ItemRows> Runner => runner;

    /// <summary>Its graph, for callers that bring tensors.</summary>
    public RawTower Raw => runner.Raw;

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken) =>
        runner.EncodeAsync(items, embeddings, urgency, cancellationToken);

    public void Dispose() => runner.Dispose();
}
