using Inference.Recommendations.Snapshots;
using Inference.Vectors;

namespace Inference.Recommendations.Recall;

/// <summary>A search that was chosen to be checked, with copies of all that it was. Holds its snapshot until it is disposed.</summary>
/// <param name="snapshot">Held already.</param>
/// <param name="query">What was searched for.</param>
/// <param name="rows">What was found.</param>
/// <param name="wanted">How many were wanted, at least 1.</param>
/// <param name="filter">Copies of the sets; pass to the sample.</param>
/// <param name="moment">Read before the search.</param>
/// <param name="isScan">Whether a scan answered, so that the index has still to be searched.</param>
internal sealed class RecallSample(Snapshot snapshot, float[] query, int[] rows, int wanted, RowFilter filter, IndexMoment moment, bool isScan) : IDisposable
{
    public Snapshot Snapshot => snapshot;

    public float[] Query => query;

    public int[] Rows => rows;

    public int Wanted => wanted;

    public RowFilter Filter => filter;

    public IndexMoment Moment => moment;

    public bool IsScan => isScan;

    /// <summary>Gives the sets back and lets the snapshot go. Once.</summary>
    public void Dispose()
    {
        filter.Allowed?.Dispose();
        filter.Denied?.Dispose();
        snapshot.Release();
    }
}
