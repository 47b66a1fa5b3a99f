namespace Inference.Training.OffPolicy;

/// <summary>
/// The draws of a log as columns: all that estimates need of them, some 30 bytes a draw, 8 for each target, and for each target 4 for each cell of the reward model in which the pool has items.
/// </summary>
internal sealed class ReplayDraws(int targets)
{
    /// <summary>Classes of weights by powers of two: place i is for those from 2^(i−16) on; the last for what the log never shows.</summary>
    public const int Classes = 64;

    /// <summary>The decision of each draw, ascending.</summary>
    public List<int> Decision { get; } = [];

    /// <summary>What draws of one user have in common; each draw's own where nobody is known.</summary>
    public List<int> Cluster { get; } = [];

    /// <summary>The slot.</summary>
    public List<int> Slot { get; } = [];

    /// <summary>64 bits of the item that was shown.</summary>
    public List<ulong> Item { get; } = [];

    /// <summary>What it brought.</summary>
    public List<double> Reward { get; } = [];

    /// <summary>Whether an event told of it.</summary>
    public List<bool> IsConfirmed { get; } = [];

    /// <summary>The cell of the item that was shown.</summary>
    public List<byte> Cell { get; } = [];

    /// <summary>Where the cells of a draw begin in <see cref="Cells"/>; one more than draws.</summary>
    public List<int> Start { get; } = [0];

    /// <summary>Cells that the pool has items in.</summary>
    public List<byte> Cells { get; } = [];

    /// <summary>Probability of each target in such a cell.</summary>
    public List<float>[] Mass { get; } = [.. Enumerable.Range(0, targets).Select(static _ => new List<float>())];

    /// <summary>Weight of each target: its probability of the item that was shown by that of the log.</summary>
    public List<double>[] Weight { get; } = [.. Enumerable.Range(0, targets).Select(static _ => new List<double>())];

    /// <summary>Probability of each target, summed over all draws, by the class of the weight that the item would have had.</summary>
    public double[][] Wanted { get; } = [.. Enumerable.Range(0, targets).Select(static _ => new double[Classes])];

    /// <summary>Probability of the log in the same classes: in how many draws a weight of the class is to be expected.</summary>
    public double[][] Logged { get; } = [.. Enumerable.Range(0, targets).Select(static _ => new double[Classes])];

    /// <summary>Whether a target was the very policy of the log in each draw.</summary>
    public bool[] IsLogged { get; } = [.. Enumerable.Repeat(true, targets)];

    /// <summary>The class of a weight.</summary>
    /// <param name="wanted">The target's probability of an item.</param>
    /// <param name="logged">The log's.</param>
    public static int ClassOf(double wanted, double logged) => logged > 0 ? Math.Clamp(Math.ILogB(wanted / logged) + 16, 0, Classes - 2) : Classes - 1;

    /// <summary>Clusters.</summary>
    public int Clusters { get; set; }

    /// <summary>Draws.</summary>
    public int Count => Decision.Count;
}
