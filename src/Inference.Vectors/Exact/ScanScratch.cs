namespace Inference.Vectors.Exact;

/// <summary>What the searches of one pass need besides the stack.</summary>
internal sealed class ScanScratch
{
    private readonly ScanQuery[] _queries;

    public ScanScratch(int dimension, int stride, int groups)
    {
        _queries = new ScanQuery[ScanPass.Queries];
        foreach (ref ScanQuery query in _queries.AsSpan())
            query = new ScanQuery(dimension, stride, groups);
    }

    /// <summary>Room for a query of the pass.</summary>
    public ScanQuery this[int i] => _queries[i];
}
