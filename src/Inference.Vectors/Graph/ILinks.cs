namespace Inference.Vectors.Graph;

/// <summary>Where the neighbours of a node are listed. A type argument, so that the JIT compiles the search once for each layout.</summary>
internal unsafe interface ILinks
{
    /// <summary>Most neighbours of a node.</summary>
    int Capacity { get; }

    /// <summary>Asks the caches for a node's list.</summary>
    void Prefetch(int node);

    /// <summary>Writes the neighbours of a node and returns how many there are.</summary>
    int Read(int node, int* neighbours);
}
