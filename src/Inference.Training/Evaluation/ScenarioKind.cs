namespace Inference.Training.Evaluation;

/// <summary>The kinds of questions; a model may answer some of them only, or be tuned for each.</summary>
public enum ScenarioKind
{
    /// <summary>Users of whom no event is known: context alone.</summary>
    UnseenUser,

    /// <summary>Unseen users of whom one to ten events are known.</summary>
    FewShots,

    /// <summary>Training users, later.</summary>
    Warm,

    /// <summary>Items that appeared after training.</summary>
    UnseenItems,
}
