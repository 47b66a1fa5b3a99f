namespace Inference.Recommendations.Ports;

/// <summary>Towers for callers that have no other way out when a tower is busy.</summary>
public static class TowerExtensions
{
    /// <summary>Encodes users; arguments and failures as in <see cref="IUserTower.EncodeAsync"/>.</summary>
    /// <exception cref="TowerException">The tower failed; a <see cref="TowerBusyException"/> where it had no time or no room.</exception>
    public static ValueTask EncodeOrThrowAsync(this IUserTower tower, ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken) =>
        OrThrow(tower.EncodeAsync(users, embeddings, urgency, cancellationToken));

    /// <summary>Encodes items; arguments and failures as in <see cref="IItemTower.EncodeAsync"/>.</summary>
    /// <exception cref="TowerException">The tower failed; a <see cref="TowerBusyException"/> where it had no time or no room.</exception>
    public static ValueTask EncodeOrThrowAsync(this IItemTower tower, ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken) =>
        OrThrow(tower.EncodeAsync(items, embeddings, urgency, cancellationToken));

    /// <summary>Encodes users, however long it takes: for tools, loads and tests.</summary>
    /// <exception cref="TowerException">The tower failed; a <see cref="TowerBusyException"/> where it had no room.</exception>
    public static ValueTask EncodeAsync(this IUserTower tower, ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, CancellationToken cancellationToken) =>
        tower.EncodeOrThrowAsync(users, embeddings, default, cancellationToken);

    /// <summary>Encodes items, however long it takes: for tools, loads and tests.</summary>
    /// <exception cref="TowerException">The tower failed; a <see cref="TowerBusyException"/> where it had no room.</exception>
    public static ValueTask EncodeAsync(this IItemTower tower, ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, CancellationToken cancellationToken) =>
        tower.EncodeOrThrowAsync(items, embeddings, default, cancellationToken);

    private static ValueTask OrThrow(ValueTask<EncodeOutcome> encoding)
    {
        if (!encoding.IsCompletedSuccessfully)
            return Awaited(encoding);
        EncodeOutcome outcome = encoding.Result;
        return outcome == EncodeOutcome.Encoded ? ValueTask.CompletedTask : ValueTask.FromException(new TowerBusyException(outcome));
    }

    private static async ValueTask Awaited(ValueTask<EncodeOutcome> encoding)
    {
        EncodeOutcome outcome = await encoding;
        if (outcome != EncodeOutcome.Encoded)
            throw new TowerBusyException(outcome);
    }
}
