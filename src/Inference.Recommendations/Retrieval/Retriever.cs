using Inference.Recommendations.Queries;
using Inference.Vectors;

namespace Inference.Recommendations.Retrieval;

/// <summary>
/// Finds candidates for a surface. It searches among the rows that may be shown, so that filters, deny lists and allow lists take nothing of its quota. Immutable and safe for concurrent use; what a request needs
/// lies in <see cref="RetrievalInput"/> and <see cref="RetrieverScratch"/>.
/// </summary>
/// <param name="name">As the surface lists it.</param>
/// <param name="source">One of <see cref="Sources"/>: what items that it found say of where they come from.</param>
/// <param name="kinds">The kinds as requests select them: it may answer where any of them may.</param>
internal abstract class Retriever(string name, string source, Retrievers kinds)
{
    /// <summary>What <see cref="FindAsync"/> gives where it knows nothing of this user.</summary>
    public const int Silent = -1;

    /// <summary>As the surface lists it.</summary>
    public string Name => name;

    /// <summary>One of <see cref="Sources"/>.</summary>
    public string Source => source;

    /// <summary>Kinds as requests select them.</summary>
    public Retrievers Kinds => kinds;

    /// <summary>Whether it waits for the answer of the user tower.</summary>
    public virtual bool NeedsTower => false;

    /// <summary>Whether it waits for another process: it is asked before the others work, and its answer is taken when they are through.</summary>
    public virtual bool IsRemote => false;

    /// <summary>Whether the events of the user are part of its scores.</summary>
    public virtual bool ReadsHistory => false;

    /// <summary>Finds the best of the eligible rows.</summary>
    /// <param name="input">What is known.</param>
    /// <param name="scratch">Its own memory in this request.</param>
    /// <param name="found">Receives rows and scores, best first, each row once, as many as it has places at most. Scores are finite.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>How many it found; <see cref="Silent"/> where it knows nothing of this user. All but those that search a device or are remote end before they return.</returns>
    public abstract ValueTask<int> FindAsync(RetrievalInput input, RetrieverScratch scratch, Memory<Neighbor> found, CancellationToken cancellationToken);

    /// <summary>Scores rows that others found, in the unit of <see cref="FindAsync"/> and after it.</summary>
    /// <param name="input">What is known.</param>
    /// <param name="scratch">Its own memory in this request.</param>
    /// <param name="rows">Eligible rows, each once.</param>
    /// <param name="scores">One place per row; NaN where it says nothing.</param>
    /// <returns>Whether it can; if not, <paramref name="scores"/> are undefined.</returns>
    public virtual bool Score(RetrievalInput input, RetrieverScratch scratch, ReadOnlySpan<int> rows, Span<float> scores) => false;
}
