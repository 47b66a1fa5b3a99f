namespace Inference.Training.Evaluation;

/// <summary>The items that are ranked in a scenario: one or two ranges of the item index, ascending.</summary>
public sealed class CandidateItems
{
    private readonly (int Start, int End)[] _ranges;

    /// <param name="scoreLength">How many scores a model is asked for: the training catalogue, or all items.</param>
    /// <param name="ranges">Half-open ranges of item indexes, ascending, none over another, none empty.</param>
    /// <exception cref="ArgumentException">The ranges are not as said, or leave nothing to rank.</exception>
    public CandidateItems(int scoreLength, params IEnumerable<(int Start, int End)> ranges)
    {
        _ranges = [.. ranges];
        int last = 0;
        foreach ((int start, int end) in _ranges)
        {
            if (start < last || end <= start || end > scoreLength)
                throw new ArgumentException($"The range {start}..{end} is empty, out of order, or outside the {scoreLength} scores.", nameof(ranges));
            last = end;
            Count += end - start;
        }

        if (Count == 0)
            throw new ArgumentException("There is nothing to rank.", nameof(ranges));
        ScoreLength = scoreLength;
    }

    /// <summary>Number of candidates, those included that are excluded for one user or another.</summary>
    public int Count { get; }

    public int ScoreLength { get; }

    public ReadOnlySpan<(int Start, int End)> Ranges => _ranges;

    public bool Contains(int item)
    {
        foreach ((int start, int end) in _ranges)
        {
            if (item >= start && item < end)
                return true;
        }

        return false;
    }
}
