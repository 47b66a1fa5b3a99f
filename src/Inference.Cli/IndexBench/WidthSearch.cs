namespace Inference.Cli.IndexBench;

/// <summary>Finds the lowest search width whose recall reaches a target.</summary>
/// <remarks>
/// 1. Double the width until the recall on a sample of the queries reaches the target. 2. Bisect between the last two widths, on the sample. 3. Confirm on all
/// queries: go up until they reach the target, then down as long as they still do. Recall is taken to grow with the width; where noise makes it fall a little, the
/// width found still reaches the target, and the one below it does not.
/// </remarks>
/// <param name="least">Lowest width to try, at least 1.</param>
/// <param name="most">Highest.</param>
/// <param name="sampleRecall">Recall on the sample at a width.</param>
/// <param name="recall">Recall on all queries at a width.</param>
internal sealed class WidthSearch(int least, int most, Func<int, double> sampleRecall, Func<int, double> recall)
{
    /// <summary>Widths are found to within this share of them.</summary>
    private const int Resolution = 64;

    private readonly Dictionary<int, double> _sample = [];
    private readonly Dictionary<int, double> _all = [];

    /// <summary>What was measured on all queries.</summary>
    public IReadOnlyDictionary<int, double> Measured => _all;

    /// <param name="target">Recall, 0 to 1.</param>
    /// <returns>The width, or null when not even the highest reaches the target.</returns>
    public int? Lowest(double target)
    {
        int width = OnSample(target);
        while (Recall(width) < target)
        {
            if (width == most)
                return null;
            width = Math.Min(most, width + Step(width));
        }
        while (width > least && Recall(Math.Max(least, width - Step(width))) >= target)
            width = Math.Max(least, width - Step(width));
        return width;
    }

    /// <summary>Recall on all queries at a width; measured once.</summary>
    public double Recall(int width) => Once(_all, width, recall);

    private static int Step(int width) => Math.Max(1, width / Resolution);

    private static double Once(Dictionary<int, double> known, int width, Func<int, double> measure)
    {
        if (!known.TryGetValue(width, out double value))
            known.Add(width, value = measure(width));
        return value;
    }

    private int OnSample(double target)
    {
        int reached = least;
        int missed = least - 1;
        while (Once(_sample, reached, sampleRecall) < target)
        {
            if (reached == most)
                return most;
            missed = reached;
            reached = (int)Math.Min(most, 2L * reached);
        }
        while (reached - missed > Step(reached))
        {
            int middle = missed + (reached - missed) / 2;
            if (middle < least)
                break;
            if (Once(_sample, middle, sampleRecall) >= target)
                reached = middle;
            else
                missed = middle;
        }
        return reached;
    }
}
