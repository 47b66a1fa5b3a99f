namespace Inference.Recommendations.Fusion;

/// <summary>Memory of one request for the search of users like the one who asks. Grows to the users of the model and is used again; between searches all likenesses are 0.</summary>
internal sealed class NearestUsers
{
    private float[] _likeness = [];
    private int[] _touched = [];
    private ulong[] _keys = [];
    private int _touchedCount;

    /// <summary>The nearest, best first; to be read with <see cref="BestRows.RowOf"/> and <see cref="BestRows.ScoreOf"/>.</summary>
    public ReadOnlySpan<ulong> Keys => _keys.AsSpan(0, Count);

    public int Count { get; private set; }

    /// <summary>Begins a search among so many users.</summary>
    public void Begin(int users)
    {
        Count = 0;
        _touchedCount = 0;
        if (_likeness.Length >= users)
            return;
        _likeness = new float[users];
        _touched = new int[users];
    }

    /// <summary>Adds to the likeness of users.</summary>
    /// <param name="users">Their rows, none twice.</param>
    /// <param name="part">Above 0.</param>
    public void Add(ReadOnlySpan<int> users, float part)
    {
        foreach (int user in users)
        {
            if (_likeness[user] == 0f)
                _touched[_touchedCount++] = user;
            _likeness[user] += part;
        }
    }

    /// <summary>Keeps the nearest, of equal ones the earlier, and clears the rest.</summary>
    /// <param name="most">How many, at least 1.</param>
    /// <param name="scales">By user: what their likeness is multiplied with.</param>
    public void Select(int most, ReadOnlySpan<float> scales)
    {
        if (_keys.Length < most)
            _keys = new ulong[most];
        var best = new BestRows(_keys.AsSpan(0, most));
        foreach (int user in _touched.AsSpan(0, _touchedCount))
        {
            float likeness = _likeness[user] * scales[user];
            _likeness[user] = 0f;
            if (likeness >= best.Threshold)
                best.Offer(user, likeness);
        }

        Count = best.Sorted().Length;
    }
}
