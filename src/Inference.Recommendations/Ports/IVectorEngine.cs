namespace Inference.Recommendations.Ports;

/// <summary>
/// Finds the items of an embedding space that are near to an embedding, outside this process. What it holds was brought there before, so it may lag behind the catalogue: whoever asks checks what may be shown, and scores again.
/// Safe for concurrent use.
/// </summary>
public interface IVectorEngine
{
    /// <summary>Finds items, the nearest first.</summary>
    /// <exception cref="StoreException">It cannot answer: <see cref="StoreFailure.Timeout"/> where patience ended, <see cref="StoreFailure.Unavailable"/> where it is away, knows no vectors, or holds none of the space.</exception>
    /// <exception cref="OperationCanceledException">The caller gave up.</exception>
    ValueTask<EngineAnswer> SearchAsync(EngineQuery query, CancellationToken cancellationToken);
}
