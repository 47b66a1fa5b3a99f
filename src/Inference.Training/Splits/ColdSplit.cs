namespace Inference.Training.Splits;

/// <summary>
/// A data set in the parts of the protocol "coldsplit-v1": what models are fitted on, what they are tuned on (validation) and what is read once per reported figure (test). Lists hold item
/// indexes of <see cref="Items"/>, in the order of time, no item twice for a user.
/// </summary>
/// <param name="Items">The items by index.</param>
/// <param name="TrainingUserIds">Training users; row r of the next five means user r.</param>
/// <param name="Training">What they touched before the validation part.</param>
/// <param name="WarmValidation">Catalogue items that they touched in the validation part; may be empty.</param>
/// <param name="WarmTest">Catalogue items that they touched in the test part; may be empty.</param>
/// <param name="ColdItemsValidation">Cold items of the validation part that they touched; may be empty.</param>
/// <param name="ColdItemsTest">Cold items of the test part that they touched; may be empty.</param>
/// <param name="Validation">Unseen users of the validation part.</param>
/// <param name="Test">Unseen users of the test part.</param>
public sealed record ColdSplit(
    SplitItems Items,
    IReadOnlyList<string> TrainingUserIds,
    RowLists Training,
    RowLists WarmValidation,
    RowLists WarmTest,
    RowLists ColdItemsValidation,
    RowLists ColdItemsTest,
    FewShotUsers Validation,
    FewShotUsers Test)
{
    /// <summary>How the parts were cut; null where nobody wrote it down.</summary>
    public SplitTimes? Times { get; init; }
}
