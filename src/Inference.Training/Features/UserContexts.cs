namespace Inference.Training.Features;

/// <summary>A context property of users as a category.</summary>
/// <param name="Name">Name of the feature, as requests send it.</param>
/// <param name="Values">Its values: code k means <c>Values[k - 1]</c>; code 0 means unknown, and every value that too few training users have.</param>
public sealed record ContextField(string Name, IReadOnlyList<string> Values)
{
    /// <summary>Number of codes, 0 included.</summary>
    public int Codes => Values.Count + 1;
}

/// <summary>What is known of users beside their events, as codes of categories: users × fields.</summary>
public sealed class UserContexts
{
    private readonly Dictionary<string, int> _places;
    private readonly int[] _codes;

    /// <param name="fields">The properties; may be none.</param>
    /// <param name="userIds">Ids of the users, by place.</param>
    /// <param name="codes">Users × fields, row-major; each within the codes of its field.</param>
    public UserContexts(IReadOnlyList<ContextField> fields, IReadOnlyList<string> userIds, int[] codes)
    {
        if (codes.Length != (long)fields.Count * userIds.Count)
            throw new ArgumentException($"{codes.Length} codes are not {userIds.Count} users of {fields.Count} fields.", nameof(codes));
        Fields = fields;
        UserIds = userIds;
        _codes = codes;
        _places = new Dictionary<string, int>(userIds.Count, StringComparer.Ordinal);
        for (int i = 0; i < userIds.Count; i++)
            _places[userIds[i]] = i;
    }

    public IReadOnlyList<ContextField> Fields { get; }

    public IReadOnlyList<string> UserIds { get; }

    public int Count => UserIds.Count;

    /// <summary>The codes of a user, one per field; of a user that is not known (-1): none.</summary>
    public ReadOnlySpan<int> this[int user] => user < 0 ? default : _codes.AsSpan(user * Fields.Count, Fields.Count);

    /// <summary>Place of a user; -1 when there is none of this id.</summary>
    public int Find(string userId) => _places.GetValueOrDefault(userId, -1);
}
