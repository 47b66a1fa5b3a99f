namespace Inference.Training.Models;

/// <summary>What a model may know of the user for whom it ranks.</summary>
/// <param name="History">Item indexes, oldest first; empty for a user of whom no event is known.</param>
/// <param name="User">Place of the user in the contexts that the model was fitted with (<see cref="Features.UserContexts"/>); -1 where nothing is known.</param>
public readonly record struct RankingInput(ReadOnlyMemory<int> History, int User)
{
    /// <summary>Item indexes that the user was shown and passed over, oldest first; empty where nobody knows. Models that learn from clicks alone do not read it.</summary>
    public ReadOnlyMemory<int> Passed { get; init; }
}

/// <summary>A fitted model that scores items for one user at a time. Safe for concurrent use.</summary>
public abstract class RankingModel
{
    /// <summary>As reports call it, for example "ease".</summary>
    public abstract string Name { get; }

    /// <summary>Whether it can score items without training events; then <see cref="Score"/> may be asked for them, too.</summary>
    public virtual bool ScoresColdItems => false;

    /// <summary>Scores items by index.</summary>
    /// <param name="user">For whom.</param>
    /// <param name="scores">Receives the scores of items 0 to its length: the training catalogue, or all items for a model that <see cref="ScoresColdItems"/>. Finite; higher is better.</param>
    public abstract void Score(in RankingInput user, Span<double> scores);
}
