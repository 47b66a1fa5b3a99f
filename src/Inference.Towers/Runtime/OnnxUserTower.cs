using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers.Tensors;

namespace Inference.Towers.Runtime;

/// <summary>The user tower of a bundle.</summary>
internal sealed class OnnxUserTower(TowerRunner<UserTowerInput, UserRows> runner, FeatureSchema features) : IUserTower, IDisposable
{
    public FeatureSchema Features => features;

    public TowerRunner<UserTowerInput, UserRows> Runner => runner;

    /// <summary>Its graph, for callers that bring tensors.</summary>
    public RawTower Raw => runner.Raw;

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken) =>
        runner.EncodeAsync(users, embeddings, urgency, cancellationToken);

    public void Dispose() => runner.Dispose();
}
