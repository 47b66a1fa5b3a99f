using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;

namespace Inference.Towers.Runtime;

/// <summary>The user tower of a bundle.</summary>
internal sealed class OnnxUserTower(TowerRunner<UserTowerInput, UserRows> runner, FeatureSchema features) : IUserTower, IDisposable
{
    public FeatureSchema Features => features;

    public TowerRunner<UserTowerInput, UserRows> Runner => runner;

    public ValueTask EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, CancellationToken cancellationToken) =>
        runner.EncodeAsync(users, embeddings, cancellationToken);

    public void Dispose() => runner.Dispose();
}
