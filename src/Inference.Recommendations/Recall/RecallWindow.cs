namespace Inference.Recommendations.Recall;

/// <summary>The latest checks: at most so many, and none older than the window. Not safe for concurrent use.</summary>
internal sealed class RecallWindow(int size)
{
    private readonly RecallMeasure[] _measures = new RecallMeasure[size];
    private int _next;
    private int _count;

    /// <summary>Checks that are kept, whatever their age.</summary>
    public int Count => _count;

    public void Add(in RecallMeasure measure)
    {
        _measures[_next] = measure;
        _next = (_next + 1) % _measures.Length;
        _count = Math.Min(_count + 1, _measures.Length);
    }

    /// <summary>The estimate of the checks since a moment.</summary>
    /// <param name="since">Timestamp; older checks are left out.</param>
    /// <param name="filter">Which class alone; null for all.</param>
    /// <param name="most">How many of the latest ones; all by default.</param>
    /// <param name="ofScan">Whether to estimate what a scan finds.</param>
    public RecallEstimate Estimate(long since, FilterClass? filter = null, int most = int.MaxValue, bool ofScan = false)
    {
        var sums = new RecallEstimate.Sums();
        for (int i = 1; i <= Math.Min(_count, most); i++)
        {
            ref readonly RecallMeasure measure = ref _measures[(_next - i + _measures.Length) % _measures.Length];
            if (measure.At < since)
                break;
            if (filter is null || measure.Filter == filter)
                sums.Add(measure.Wanted, ofScan ? measure.ScanHits : measure.Hits);
        }

        return sums.Estimate();
    }
}
