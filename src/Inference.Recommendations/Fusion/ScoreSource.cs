using Inference.Recommendations.Queries;

namespace Inference.Recommendations.Fusion;

/// <summary>
/// One of the sources that a fused model adds up: gives every item of the catalogue a score for one user. Immutable and safe for concurrent use; what a request needs lies in
/// <see cref="FusionScratch"/>.
/// </summary>
public abstract class ScoreSource : IDisposable
{
    /// <param name="name">What weights, labels and figures call it.</param>
    /// <param name="kind">One of <see cref="Sources"/>: what replies call it.</param>
    /// <param name="rowCount">Items that it scores.</param>
    /// <param name="isStandardised">Whether its scores are divided by their deviation, beside having the mean taken off.</param>
    private protected ScoreSource(string name, string kind, int rowCount, bool isStandardised)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfNegative(rowCount);
        (Name, Kind, RowCount, IsStandardised) = (name, kind, rowCount, isStandardised);
        Retriever = Sources.Parse(kind);
    }

    /// <summary>Its name within the model, for example "ease".</summary>
    public string Name { get; }

    /// <summary>One of <see cref="Sources"/>.</summary>
    public string Kind { get; }

    /// <summary>How many items it scores: rows 0 to this of the bundle.</summary>
    public int RowCount { get; }

    /// <summary>Whether scores are divided by their standard deviation over the catalogue. The mean is taken off in any case, so 0 is what an item gets of which a source knows nothing.</summary>
    public bool IsStandardised { get; }

    /// <summary>The kind as requests select it.</summary>
    internal Retrievers Retriever { get; }

    /// <summary>Whether its scores are 0 for all rows but those that it proposes.</summary>
    internal virtual bool IsSparse => false;

    /// <summary>Whether the events of the user are part of its scores: replies that it is part of are of the session.</summary>
    internal abstract bool ReadsHistory { get; }

    /// <summary>Scores rows for one user.</summary>
    /// <param name="input">What is known.</param>
    /// <param name="scratch">Memory of this request.</param>
    /// <param name="rows">Which rows.</param>
    /// <param name="scores">One place per row; contents undefined unless it speaks. Finite.</param>
    /// <returns>Whether it has anything to say of this user.</returns>
    internal abstract bool Score(in FusionInput input, FusionScratch scratch, RowsToScore rows, Span<float> scores);

    /// <summary>Names rows that may be among its best, where the catalogue is too large to be scored whole; a sparse source names all that it scores.</summary>
    internal abstract void Propose(in FusionInput input, FusionScratch scratch, int most);

    /// <summary>The row of the history that speaks most for an item; −1 where the source does not go by single items.</summary>
    internal virtual int NearestOf(int row, FusionScratch scratch) => -1;

    /// <summary>Lets go of native memory, where there is any.</summary>
    public virtual void Dispose() => GC.SuppressFinalize(this);
}
