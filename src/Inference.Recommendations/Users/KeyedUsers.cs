using System.Collections;
using System.Diagnostics.CodeAnalysis;
using System.Numerics;

namespace Inference.Recommendations.Users;

/// <summary>The users of a bundle by the keys that this server knows users by: two arrays of numbers over <see cref="StoredUsers"/>. Immutable.</summary>
public sealed class KeyedUsers : IReadOnlyDictionary<UserKey, UserState>
{
    private readonly StoredUsers _users;
    private readonly UserKey[] _keys;

    /// <summary>Linear probing, at most half full: the user's number + 1, 0 where a place is empty.</summary>
    private readonly int[] _places;

    /// <summary>Makes a key for each user, which is a hash each: milliseconds for thousands of users.</summary>
    /// <param name="users">The users.</param>
    /// <param name="keyOf">The key of an id.</param>
    /// <exception cref="ArgumentException">Two users have one key.</exception>
    public KeyedUsers(StoredUsers users, Func<string, UserKey> keyOf)
    {
        _users = users;
        _keys = new UserKey[users.Count];
        _places = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(1, users.Count) * 2)];
        for (int number = 0; number < _keys.Length; number++)
        {
            _keys[number] = keyOf(users.IdOf(number));
            int place = Find(_keys[number]);
            if (_places[place] != 0)
                throw new ArgumentException($"Two users have the key {_keys[number]}.", nameof(keyOf));
            _places[place] = number + 1;
        }
    }

    public int Count => _keys.Length;

    public IEnumerable<UserKey> Keys => _keys;

    public IEnumerable<UserState> Values => _users.Values;

    public UserState this[UserKey key] => TryGetValue(key, out UserState? state) ? state : throw new KeyNotFoundException($"There is no user {key}.");

    public bool ContainsKey(UserKey key) => _places[Find(key)] != 0;

    /// <summary>The state of a user, made anew by each call.</summary>
    public bool TryGetValue(UserKey key, [MaybeNullWhen(false)] out UserState value)
    {
        int number = _places[Find(key)] - 1;
        value = number < 0 ? null : _users.StateOf(number);
        return value is not null;
    }

    public IEnumerator<KeyValuePair<UserKey, UserState>> GetEnumerator() => _keys.Zip(_users.Values, KeyValuePair.Create).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The place of a key, or the empty one that it would get.</summary>
    private int Find(UserKey key)
    {
        int mask = _places.Length - 1, place = key.GetHashCode() & mask;
        while (_places[place] != 0 && _keys[_places[place] - 1] != key)
            place = (place + 1) & mask;
        return place;
    }
}
