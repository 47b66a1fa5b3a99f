using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Runtime;

/// <summary>The item tower of a bundle.</summary>
internal sealed class OnnxItemTower(TowerRunner<ItemTowerInput, ItemRows> runner, FeatureSchema features) : IItemTower, IDisposable
{
    public FeatureSchema Features => features;

    public TowerRunner<ItemTowerInput, ItemRows> Runner => runner;

    public ValueTask EncodeAsync(ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, CancellationToken cancellationToken) =>
        runner.EncodeAsync(items, embeddings, cancellationToken);

    public void Dispose() => runner.Dispose();
}
