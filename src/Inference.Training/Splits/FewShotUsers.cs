namespace Inference.Training.Splits;

/// <summary>Users of whom training has seen nothing: their first ten events are shown to a model bit by bit, the others are what it has to find.</summary>
/// <param name="UserIds">Their ids.</param>
/// <param name="Support">Per user, the first <see cref="SupportLength"/> catalogue items.</param>
/// <param name="Targets">Per user, the later ones; at least <see cref="FewestTargets"/>.</param>
public sealed record FewShotUsers(IReadOnlyList<string> UserIds, RowLists Support, RowLists Targets)
{
    public const int SupportLength = 10;
    public const int FewestTargets = 5;

    /// <summary>How many of the support events a model is shown; 0 is the unseen user.</summary>
    public static IReadOnlyList<int> Shots { get; } = [0, 1, 3, 5, 10];

    public int Count => UserIds.Count;
}
