using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;

namespace Benchmarks.Towers;

/// <summary>No batching: each call is one run, on its caller's thread, one at a time.</summary>
internal sealed class UnbatchedTower(LoadingSlot<UserTowerInput, UserRows> slot) : IUserTower
{
    private readonly Lock _gate = new();

    public FeatureSchema Features => FeatureSchema.Empty;

    public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
    {
        lock (_gate)
            slot.Encode(users.Span, embeddings.Span);
        return new ValueTask<EncodeOutcome>(EncodeOutcome.Encoded);
    }
}
