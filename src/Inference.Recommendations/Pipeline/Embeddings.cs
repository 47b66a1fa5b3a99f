using System.Buffers;
using System.Numerics.Tensors;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Vectors;
using Microsoft.Extensions.Logging;

namespace Inference.Recommendations.Pipeline;

/// <summary>Vectors for callers that keep an index of their own. Unlike the ladder it has no fallback: a tower that fails is an error of the call.</summary>
public sealed class Embeddings
{
    private readonly KnownUsers _users;
    private readonly PipelineOptions _options;
    private readonly TimeProvider _time;

    public Embeddings(IUserStates states, UserKeyRing keys, PipelineOptions options, TimeProvider time, ILoggerFactory logs)
    {
        _options = options;
        _time = time;
        _users = new KnownUsers(states, keys, options, time, logs.CreateLogger<KnownUsers>());
    }

    /// <summary>Encodes users with the user tower.</summary>
    /// <returns>Users × dimension floats, row by row.</returns>
    /// <exception cref="TowerException">The tower failed; a <see cref="TowerBusyException"/> where it had no room, or no time before the deadline.</exception>
    public async ValueTask<float[]> EmbedUsersAsync(Snapshot snapshot, IReadOnlyList<UserQuery> users, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        var budget = new Budget(_time, deadline, _options.DeadlineReserve);
        var inputs = new UserTowerInput[users.Count];
        var histories = new History[users.Count];
        bool answered = false;
        try
        {
            for (int i = 0; i < inputs.Length; i++)
            {
                UserState? state = (await _users.FindAsync(users[i].UserId, snapshot.Model.FullVersion, budget, new Degradations(), cancellationToken)).State;
                History history = histories[i] = new History();
                if (state is not null)
                    history.Append(state, snapshot.Items);
                history.Append(users[i].RecentItemIds, snapshot.Items);
                inputs[i] = new UserTowerInput(new FeatureSet(users[i].Context, state?.Features), history.Known);
            }

            var embeddings = new float[inputs.Length * snapshot.Model.Dimension];
            if (inputs.Length > 0)
                await snapshot.UserTower.EncodeOrThrowAsync(inputs, embeddings, new Urgency(WorkPriority.Interactive, budget.Patience), cancellationToken);
            answered = true;
            return embeddings;
        }
        finally
        {
            // A batch that was given up may still be read by the tower, so its histories are left to the collector.
            if (answered)
            {
                foreach (History history in histories)
                    history.Dispose();
            }
        }
    }

    /// <summary>Looks stored item embeddings up, and runs the item tower over items that come with features.</summary>
    /// <param name="snapshot">The model.</param>
    /// <param name="items">The items.</param>
    /// <param name="unknown">Receives the places of items that are neither known nor have features; their rows stay zero.</param>
    /// <param name="deadline">When the caller stops waiting.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>Items × dimension floats, row by row.</returns>
    /// <exception cref="TowerException">The tower failed, or the bundle has no item tower; a <see cref="TowerBusyException"/> where it had no room, or no time before the deadline.</exception>
    public async ValueTask<float[]> EmbedItemsAsync(
        Snapshot snapshot, IReadOnlyList<ItemQuery> items, ICollection<int> unknown, DateTimeOffset deadline, CancellationToken cancellationToken)
    {
        int dimension = snapshot.Model.Dimension;
        var embeddings = new float[items.Count * dimension];
        var toEncode = new List<int>();
        for (int i = 0; i < items.Count; i++)
        {
            if (items[i].Features.Count > 0)
                toEncode.Add(i);
            else if (!snapshot.Items.TryGetRow(items[i].ItemId, out int row) || !snapshot.Index.TryCopyVector(row, embeddings.AsSpan(i * dimension, dimension)))
                unknown.Add(i);
        }

        if (toEncode.Count == 0)
            return embeddings;
        if (snapshot.ItemTower is not { } tower)
            throw new TowerException("The served bundle has item embeddings but no item tower, so items cannot be encoded from features.");
        var inputs = new ItemTowerInput[toEncode.Count];
        for (int i = 0; i < inputs.Length; i++)
            inputs[i] = new ItemTowerInput(items[toEncode[i]].ItemId, new FeatureSet(items[toEncode[i]].Features));
        var encoded = new float[inputs.Length * dimension];
        await tower.EncodeOrThrowAsync(inputs, encoded, new Urgency(WorkPriority.Bulk, new Budget(_time, deadline, _options.DeadlineReserve).Patience), cancellationToken);
        for (int i = 0; i < inputs.Length; i++)
            encoded.AsSpan(i * dimension, dimension).CopyTo(embeddings.AsSpan(toEncode[i] * dimension, dimension));
        return embeddings;
    }

    /// <summary>The mean of the vectors of some rows; null where none of them is there any more.</summary>
    internal static float[]? Mean(LiveIndex index, ReadOnlySpan<int> rows)
    {
        var mean = new float[index.Dimension];
        int found = 0;
        float[] rented = ArrayPool<float>.Shared.Rent(index.Dimension);
        try
        {
            Span<float> vector = rented.AsSpan(0, index.Dimension);
            foreach (int row in rows)
            {
                if (!index.TryCopyVector(row, vector))
                    continue;
                TensorPrimitives.Add(mean, vector, mean);
                found++;
            }
        }
        finally
        {
            ArrayPool<float>.Shared.Return(rented);
        }

        if (found == 0)
            return null;
        TensorPrimitives.Divide(mean, found, mean);
        return mean;
    }
}
