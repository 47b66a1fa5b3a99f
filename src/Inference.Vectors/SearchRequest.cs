namespace Inference.Vectors;

/// <summary>One of several searches that are done together, because together they cost less.</summary>
/// <param name="query">The index's dimension of finite elements; to be left alone until the search returns.</param>
/// <param name="results">Where the neighbours go, as many as are wanted.</param>
/// <param name="filter">Which rows are eligible.</param>
public struct SearchRequest(ReadOnlyMemory<float> query, Memory<Neighbor> results, RowFilter filter = default)
{
    /// <summary>The vector to find neighbours of.</summary>
    public readonly ReadOnlyMemory<float> Query => query;

    /// <summary>Where the neighbours go, best first; its length is the number wanted.</summary>
    public readonly Memory<Neighbor> Results => results;

    /// <summary>Which rows are eligible.</summary>
    public readonly RowFilter Filter => filter;

    /// <summary>How many neighbours were written. Set by the search.</summary>
    public int Found { get; set; }
}
