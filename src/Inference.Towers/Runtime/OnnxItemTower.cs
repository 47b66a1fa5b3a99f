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

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
    {
        ValueTask encoding = runner.EncodeAsync(items, embeddings, cancellationToken);
        return encoding.IsCompletedSuccessfully ? new ValueTask<EncodeOutcome>(EncodeOutcome.Encoded) : Awaited(encoding);

        static async ValueTask<EncodeOutcome> Awaited(ValueTask encoding)
        {
            await encoding;
            return EncodeOutcome.Encoded;
        }
    }

    public void Dispose() => runner.Dispose();
}
