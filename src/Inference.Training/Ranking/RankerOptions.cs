namespace Inference.Training.Ranking;

/// <summary>How a ranking model is trained.</summary>
public sealed record RankerOptions
{
    /// <value>Names everything that is chance. Default 1.</value>
    public ulong Seed { get; init; } = 1;

    /// <value>Candidates of a list, 10 to 1,000. Default 200, as surfaces have.</value>
    public int Depth { get; init; } = 200;

    /// <value>Users of a scenario of the validation part that are learned from, at most. Default 2,000.</value>
    public int MostUsers { get; init; } = 2_000;

    /// <value>Numbers of hidden units that are tried; 0 is a linear model.</value>
    public IReadOnlyList<int> Hidden { get; init; } = [0, 8];

    /// <value>How strongly weights are drawn to the order in which candidates are found, tried each. Default 0.03 and 0.3.</value>
    public IReadOnlyList<float> Decays { get; init; } = [0.03f, 0.3f];

    /// <value>How often all lists are read. Default 20.</value>
    public int Epochs { get; init; } = 20;

    /// <value>Learning rate at the beginning. Default 0.01.</value>
    public float Rate { get; init; } = 0.01f;

    /// <value>Parts of the users of which each is judged by a model of the others. Default 5.</value>
    public int Folds { get; init; } = 5;
}
