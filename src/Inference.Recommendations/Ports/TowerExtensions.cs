namespace Inference.Recommendations.Ports;

/// <summary>Towers for callers that have no other way out: tools, loads and tests.</summary>
public static class TowerExtensions
{
    /// <summary>Encodes users, however long it takes; arguments and failures as in <see cref="IUserTower.EncodeAsync"/>.</summary>
    /// <exception cref="TowerException">The tower failed, or too many rows wait for it.</exception>
    public static ValueTask EncodeAsync(this IUserTower tower, ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, CancellationToken cancellationToken) =>
        OrThrow(tower.EncodeAsync(users, embeddings, default, cancellationToken));

    /// <summary>Encodes users at a priority, however long it takes; arguments and failures as in <see cref="IUserTower.EncodeAsync"/>.</summary>
    /// <exception cref="TowerException">The tower failed, or too many rows wait for it.</exception>
    public static ValueTask EncodeAsync(this IUserTower tower, ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, WorkPriority priority, CancellationToken cancellationToken) =>
        OrThrow(tower.EncodeAsync(users, embeddings, new Urgency(priority), cancellationToken));

    /// <summary>Encodes items, however long it takes; arguments and failures as in <see cref="IItemTower.EncodeAsync"/>.</summary>
    /// <exception cref="TowerException">The tower failed, or too many rows wait for it.</exception>
    public static ValueTask EncodeAsync(this IItemTower tower, ReadOnlyMemory<ItemTowerInput> items, Memory<float> embeddings, CancellationToken cancellationToken) =>
        OrThrow(tower.EncodeAsync(items, embeddings, default, cancellationToken));

    private static ValueTask OrThrow(ValueTask<EncodeOutcome> encoding)
    {
        if (!encoding.IsCompletedSuccessfully)
            return Awaited(encoding);
        EncodeOutcome outcome = encoding.Result;
        return outcome == EncodeOutcome.Encoded ? ValueTask.CompletedTask : ValueTask.FromException(NotEncoded(outcome));
    }

    private static async ValueTask Awaited(ValueTask<EncodeOutcome> encoding)
    {
        EncodeOutcome outcome = await encoding;
        if (outcome != EncodeOutcome.Encoded)
            throw NotEncoded(outcome);
    }

    private static TowerException NotEncoded(EncodeOutcome outcome) =>
        new(outcome == EncodeOutcome.Late ? "The tower could not answer in time." : "Too many rows wait for the tower already.");
}
