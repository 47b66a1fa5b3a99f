using Inference.Recommendations.Users;

namespace Inference.Recommendations.Ports;

/// <summary>Caches user embeddings by embedding space and user. Only a cache. Safe for concurrent use.</summary>
public interface IUserEmbeddings
{
    /// <summary>Copies a cached embedding.</summary>
    /// <param name="space">Embedding space id of the tower that made it.</param>
    /// <param name="user">The user; not nobody.</param>
    /// <param name="stamp">What the embedding must have been made from: <see cref="UserState.Stamp"/>.</param>
    /// <param name="embedding">Receives the embedding: as many floats as the space has dimensions, to half precision.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Whether there was one of this space, this stamp and this length. A store that fails reads as a miss and is counted there.</returns>
    ValueTask<bool> TryGetAsync(string space, UserKey user, ulong stamp, Memory<float> embedding, CancellationToken cancellationToken);

    /// <summary>Keeps an embedding; returns at once. The store behind the process gets it later, or not at all when it is away or behind.</summary>
    void Set(string space, UserKey user, ulong stamp, ReadOnlySpan<float> embedding);
}
