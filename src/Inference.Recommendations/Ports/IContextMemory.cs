using Inference.Recommendations.Users;

namespace Inference.Recommendations.Ports;

/// <summary>Keeps what a user's context said of the clusters of a model, one number per cluster to half precision, and never the context. Safe for concurrent use.</summary>
public interface IContextMemory
{
    /// <summary>Copies what the process itself holds; asks no store.</summary>
    /// <param name="model">The model whose clusters they are, "name/version".</param>
    /// <param name="user">The user; not nobody.</param>
    /// <param name="lifts">Receives one number per cluster.</param>
    /// <param name="age">How long ago it was said, to the hour.</param>
    /// <returns>Whether there was any of so many clusters.</returns>
    bool TryGetHeld(string model, UserKey user, Span<float> lifts, out TimeSpan age);

    /// <summary>Copies what is kept, here or in the store behind.</summary>
    /// <param name="model">As above.</param>
    /// <param name="user">As above.</param>
    /// <param name="lifts">Receives one number per cluster.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>How long ago it was said; null where nothing is kept. A store that fails reads as nothing and is counted there.</returns>
    ValueTask<TimeSpan?> TryGetAsync(string model, UserKey user, Memory<float> lifts, CancellationToken cancellationToken);

    /// <summary>Keeps what was said now; returns at once. The store behind the process gets it later, or not at all when it is away or behind.</summary>
    void Set(string model, UserKey user, ReadOnlySpan<float> lifts);
}
