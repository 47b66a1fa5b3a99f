namespace Inference.Training.Splits;

/// <summary>
/// The raw events of training users that belong to training, repeats included: for models that use how often, when and in which basket. Rows are those of <see cref="ColdSplit.Training"/>, items
/// are indexes of <see cref="ColdSplit.Items"/>, events of a user are in the order of time. <see cref="TrainingEventsBuilder"/> makes it.
/// </summary>
public sealed class TrainingEvents
{
    private readonly int[] _offsets;
    private readonly int[] _items;
    private readonly long[] _seconds;
    private readonly float[]? _values;
    private readonly int[]? _baskets;

    internal TrainingEvents(int[] offsets, int[] items, long[] seconds, float[]? values, int[]? baskets, string rule)
    {
        _offsets = offsets;
        _items = items;
        _seconds = seconds;
        _values = values;
        _baskets = baskets;
        Rule = rule;
    }

    /// <summary>Number of training users.</summary>
    public int Count => _offsets.Length - 1;

    /// <summary>Number of all events.</summary>
    public int Total => _items.Length;

    /// <summary>Whether the data name baskets or sessions.</summary>
    public bool HasBaskets => _baskets is not null;

    /// <summary>Which events were taken, for people.</summary>
    public string Rule { get; }

    /// <summary>Items of a user's events.</summary>
    public ReadOnlySpan<int> ItemsOf(int user) => _items.AsSpan(_offsets[user], _offsets[user + 1] - _offsets[user]);

    /// <summary>Times of a user's events, in seconds since 1970, ascending.</summary>
    public ReadOnlySpan<long> SecondsOf(int user) => _seconds.AsSpan(_offsets[user], _offsets[user + 1] - _offsets[user]);

    /// <summary>Values of a user's events; empty where the data have none: then each counts 1.</summary>
    public ReadOnlySpan<float> ValuesOf(int user) => _values is null ? default : _values.AsSpan(_offsets[user], _offsets[user + 1] - _offsets[user]);

    /// <summary>Numbers that events of one basket share, or <see cref="Data.EventTable.NoBasket"/>; empty where the data have none.</summary>
    public ReadOnlySpan<int> BasketsOf(int user) => _baskets is null ? default : _baskets.AsSpan(_offsets[user], _offsets[user + 1] - _offsets[user]);
}
