namespace Inference.Training.Evaluation.Entrants;

/// <summary>The best of what was tried; of equals, the first.</summary>
internal sealed class Choice<T>
    where T : class
{
    public double Score { get; private set; } = double.NegativeInfinity;

    public T? Best { get; private set; }

    public void Offer(double score, T candidate)
    {
        if (score > Score)
            (Score, Best) = (score, candidate);
    }
}
