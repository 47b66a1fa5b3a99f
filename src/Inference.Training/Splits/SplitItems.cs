namespace Inference.Training.Splits;

/// <summary>
/// The items of a split, by item index: first the training catalogue, then the items that only the test part knows, then those that only the validation part knows; within each, whole
/// numbers numerically, other ids ordinally.
/// </summary>
public sealed class SplitItems
{
    private readonly Dictionary<string, int> _places;

    /// <param name="ids">All ids in the order of the index.</param>
    /// <param name="trainingCount">How many of them form the training catalogue.</param>
    /// <param name="coldTestCount">How many, behind those, are cold items of the test part; the rest is of the validation part.</param>
    /// <param name="trainingUsers">Training users per item; 0 for cold items.</param>
    public SplitItems(IReadOnlyList<string> ids, int trainingCount, int coldTestCount, int[] trainingUsers)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trainingCount);
        ArgumentOutOfRangeException.ThrowIfNegative(coldTestCount);
        if (trainingCount + coldTestCount > ids.Count || trainingUsers.Length != ids.Count)
            throw new ArgumentException($"{ids.Count} ids do not hold {trainingCount} training and {coldTestCount} cold test items with {trainingUsers.Length} counts.", nameof(ids));
        Ids = ids;
        TrainingCount = trainingCount;
        ColdTest = trainingCount..(trainingCount + coldTestCount);
        ColdValidation = (trainingCount + coldTestCount)..ids.Count;
        TrainingUsers = trainingUsers;
        _places = new Dictionary<string, int>(ids.Count, StringComparer.Ordinal);
        for (int i = 0; i < ids.Count; i++)
        {
            if (!_places.TryAdd(ids[i], i))
                throw new ArgumentException($"The item '{ids[i]}' is there twice.", nameof(ids));
        }
    }

    public IReadOnlyList<string> Ids { get; }

    /// <summary>All items, cold ones included.</summary>
    public int Count => Ids.Count;

    /// <summary>Items 0 to this form the training catalogue: what has at least one training event.</summary>
    public int TrainingCount { get; }

    public Range ColdTest { get; }

    public Range ColdValidation { get; }

    /// <summary>By item index; 0 for cold items.</summary>
    public IReadOnlyList<int> TrainingUsers { get; }

    public bool TryFind(string id, out int index) => _places.TryGetValue(id, out index);
}
