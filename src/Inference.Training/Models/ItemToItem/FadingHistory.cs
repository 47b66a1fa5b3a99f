namespace Inference.Training.Models;

/// <summary>An item-to-item model to which the latest items of a history say most: score(j) = Σ w(i → j)·½^(age ∕ half-life), age counted in events from the latest.</summary>
public sealed class FadingHistory : RankingModel
{
    /// <summary>Half-lives after which an item says nothing.</summary>
    private const double Reach = 20;

    private readonly string _name;
    private readonly ItemItemMatrix _weights;
    private readonly double[] _ages;

    /// <param name="name">As reports call it.</param>
    /// <param name="weights">History items × candidates.</param>
    /// <param name="halfLife">In events, above 0; infinity for all alike.</param>
    public FadingHistory(string name, ItemItemMatrix weights, double halfLife)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(halfLife);
        (_name, _weights, HalfLife) = (name, weights, halfLife);
        _ages = double.IsPositiveInfinity(halfLife) ? [] : Decay(halfLife, 1 + (int)Math.Min(100_000, halfLife * Reach));
    }

    public override string Name => _name;

    /// <summary>Infinity where nothing fades.</summary>
    public double HalfLife { get; }

    public override void Score(in RankingInput user, Span<double> scores)
    {
        scores.Clear();
        ReadOnlySpan<int> history = user.History.Span;
        for (int i = 0; i < history.Length; i++)
        {
            int age = history.Length - 1 - i;
            if (_ages.Length == 0)
                _weights.AddRow(history[i], 1, scores);
            else if (age < _ages.Length)
                _weights.AddRow(history[i], _ages[age], scores);
        }
    }

    /// <summary>½^(step ∕ half) for the steps 0, 1, 2 …</summary>
    internal static double[] Decay(double half, int length)
    {
        double[] weights = new double[length];
        for (int step = 0; step < length; step++)
            weights[step] = Math.Pow(0.5, step / half);
        return weights;
    }
}
