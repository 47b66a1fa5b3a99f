namespace Inference.Training.Evaluation;

/// <summary>What one thread needs to judge one user after another.</summary>
internal sealed class JudgeScratch(int scoreLength, int termCount)
{
    public double[] Scores { get; } = new double[scoreLength];

    /// <summary>By item index; false between users.</summary>
    public bool[] IsTarget { get; } = new bool[scoreLength];

    public double[] TopScores { get; } = new double[Judge.Depth];

    public int[] TopItems { get; } = new int[Judge.Depth];

    /// <summary>Zeros between users.</summary>
    public double[] TermSums { get; } = new double[termCount];
}
