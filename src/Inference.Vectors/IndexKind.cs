namespace Inference.Vectors;

/// <summary>How an index finds the best rows.</summary>
public enum IndexKind
{
    /// <summary>Scores every fp32 row: <see cref="ExactIndex"/>, the yardstick of the others.</summary>
    Flat = 1,

    /// <summary>Scans 8-bit codes and rescores in fp32; the answer is proven to be that of <see cref="Flat"/>.</summary>
    Exact = 2,

    /// <summary>A graph whose nodes hold the codes of their neighbours, so that a step reads one place in memory.</summary>
    Fast = 3,

    /// <summary>A graph over 8-bit codes that are stored once: less than half the memory of the fp32 vectors with links.</summary>
    Compact = 4,
}
