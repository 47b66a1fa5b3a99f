namespace Inference.Recommendations.Snapshots;

/// <summary>
/// What is touched more often lately than its popularity lets expect. With counts a_i that fade fast and sum to A, and popularity p_i that sums to P:
/// <list type="number">
/// <item>expected is e_i = A · p_i ∕ P: the fast counts, spread as popularity is</item>
/// <item>score(i) = ln((a_i + m) ∕ (e_i + m)), with m = <see cref="Shrinkage"/>: a few events more say little, whether many or none were expected</item>
/// </list>
/// Traffic that grows for all items makes no trend; a new item that is touched makes one. Immutable.
/// </summary>
public sealed class Trends
{
    /// <summary>m, in the unit of counts: a view counts 1, a click 2, a cart or a like 4, a purchase 8.</summary>
    public const double Shrinkage = 16;

    private readonly int[] _rows;
    private readonly float[] _counts;
    private readonly ScoredRow[] _ranked;
    private readonly double _expectedPerRate;

    /// <param name="counts">Rows with a_i, by ascending row, each once; above 0.</param>
    /// <param name="popularity">p.</param>
    public Trends(ReadOnlySpan<ScoredRow> counts, Popularity popularity)
    {
        (_rows, _counts) = (new int[counts.Length], new float[counts.Length]);
        double all = 0;
        for (int i = 0; i < counts.Length; i++)
        {
            (_rows[i], _counts[i]) = (counts[i].Row, counts[i].Rate);
            all += counts[i].Rate;
        }

        _expectedPerRate = popularity.Sum > 0 ? all / popularity.Sum : 0;
        var ranked = new List<ScoredRow>();
        for (int i = 0; i < _rows.Length; i++)
        {
            float score = Score(_counts[i], popularity.RateOf(_rows[i]));
            if (score > 0f)
                ranked.Add(new ScoredRow(_rows[i], score));
        }

        ranked.Sort(static (a, b) => a.Rate != b.Rate ? b.Rate.CompareTo(a.Rate) : a.Row.CompareTo(b.Row));
        _ranked = [.. ranked];
    }

    /// <summary>Nothing was recorded.</summary>
    public static Trends None { get; } = new([], new Popularity([]));

    /// <summary>Whether nothing was recorded.</summary>
    public bool IsEmpty => _rows.Length == 0;

    /// <summary>Rows with scores above 0, highest first, ties by row.</summary>
    public ReadOnlySpan<ScoredRow> Ranked => _ranked;

    /// <summary>The score of any row.</summary>
    /// <param name="row">The row.</param>
    /// <param name="popularity">As it is now, or was when these were counted: both will do.</param>
    public float ScoreOf(int row, Popularity popularity)
    {
        int place = Array.BinarySearch(_rows, row);
        return Score(place < 0 ? 0f : _counts[place], popularity.RateOf(row));
    }

    private float Score(float count, float rate) => (float)Math.Log((count + Shrinkage) / ((_expectedPerRate * rate) + Shrinkage));
}
