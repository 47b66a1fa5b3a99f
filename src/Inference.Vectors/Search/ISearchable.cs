namespace Inference.Vectors.Search;

/// <summary>What can be searched for one query or several: a frozen index, or a live one.</summary>
internal interface ISearchable
{
    /// <summary>How the best rows are found.</summary>
    IndexKind Kind { get; }

    /// <summary>Finds the best rows for one query.</summary>
    int Search(ReadOnlySpan<float> query, Span<Neighbor> results, RowFilter filter = default, int width = 0);

    /// <summary>Finds the best rows for several.</summary>
    void Search(Span<SearchRequest> requests, int width = 0);

    /// <summary>Throws what a search would for its arguments, so that one bad search does not fail those that are done with it.</summary>
    void ThrowIfUnfit(ReadOnlySpan<float> query, RowFilter filter);
}
