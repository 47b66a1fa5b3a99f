namespace Inference.Recommendations.Queries;

/// <summary>Kinds of reasons for showing an item.</summary>
public enum ReasonKind
{
    History = 1,
    Features = 2,
    Profile = 3,
    Popular = 4,
    SimilarItem = 5,
    Pinned = 6,
    Trending = 7,
}

/// <summary>Why an item is shown.</summary>
/// <param name="Kind">The kind of reason.</param>
/// <param name="Text">One sentence for people.</param>
/// <param name="BecauseOfItemId">The nearest item of the history, or the item in question.</param>
/// <param name="Profile">Label of the cluster profile.</param>
/// <param name="ProfileWeight">Its weight among all profiles, in (0, 1]; 0 where there is none.</param>
/// <param name="Confidence">Confidence of the rule that speaks for the item, in (0, 1]; 0 where there is none.</param>
/// <param name="Lift">Its lift; 0 where there is none.</param>
public sealed record Reason(
    ReasonKind Kind, string Text, string? BecauseOfItemId = null, string? Profile = null, double ProfileWeight = 0, double Confidence = 0, double Lift = 0);
