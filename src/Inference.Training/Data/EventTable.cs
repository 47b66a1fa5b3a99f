namespace Inference.Training.Data;

/// <summary>
/// Events as columns, in the order of the file: per event four bytes each for user, item, value and basket, and eight for the time, so that 50 million take 1.2 GB. Value and basket take
/// nothing where the file has none.
/// </summary>
public sealed class EventTable
{
    /// <summary>Number of an event without basket.</summary>
    public const int NoBasket = int.MinValue;

    private readonly int[] _users;
    private readonly int[] _items;
    private readonly long[] _milliseconds;
    private readonly float[]? _values;
    private readonly int[]? _baskets;

    internal EventTable(IdTable userIds, IdTable itemIds, int[] users, int[] items, long[] milliseconds, float[]? values = null, int[]? baskets = null)
    {
        if (items.Length != users.Length || milliseconds.Length != users.Length || (values ?? []).Length != (values is null ? 0 : users.Length) || (baskets ?? []).Length != (baskets is null ? 0 : users.Length))
            throw new ArgumentException("Columns must be of one length.", nameof(users));
        UserIds = userIds;
        ItemIds = itemIds;
        _users = users;
        _items = items;
        _milliseconds = milliseconds;
        _values = values;
        _baskets = baskets;
    }

    /// <summary>Number of events.</summary>
    public int Count => _users.Length;

    /// <summary>Ids of users by number; numbers follow the first event in the file.</summary>
    public IdTable UserIds { get; }

    /// <summary>Ids of items by number; numbers follow the first event in the file.</summary>
    public IdTable ItemIds { get; }

    /// <summary>By event, the number of the user.</summary>
    public ReadOnlySpan<int> Users => _users;

    /// <summary>By event, the number of the item.</summary>
    public ReadOnlySpan<int> Items => _items;

    /// <summary>By event, the time in milliseconds since 1970.</summary>
    public ReadOnlySpan<long> Milliseconds => _milliseconds;

    /// <summary>By event, its value (a rating, a quantity); empty where the file has none: then each counts 1.</summary>
    public ReadOnlySpan<float> Values => _values;

    /// <summary>By event, a number that events of one basket or session share, or <see cref="NoBasket"/>; empty where the file has none.</summary>
    public ReadOnlySpan<int> Baskets => _baskets;

    /// <summary>How the file writes times.</summary>
    public TimestampForm TimestampForm { get; internal init; }

    /// <summary>Columns of the file.</summary>
    public IReadOnlyList<string> Columns { get; internal init; } = [];

    /// <summary>Rows that were left out.</summary>
    public BadRows BadRows { get; internal init; } = new();
}
