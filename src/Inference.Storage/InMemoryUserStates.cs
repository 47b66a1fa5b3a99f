using System.Collections.Frozen;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;

namespace Inference.Storage;

/// <summary>User states held in the process: those of the served bundle. Replaced whole when another bundle is served.</summary>
public sealed class InMemoryUserStates : IUserStates
{
    private volatile FrozenDictionary<UserKey, UserState> _states = FrozenDictionary<UserKey, UserState>.Empty;

    /// <summary>How many users are known.</summary>
    public int Count => _states.Count;

    /// <summary>Forgets all states and takes these instead.</summary>
    /// <param name="states">States by user.</param>
    public void Replace(IEnumerable<KeyValuePair<UserKey, UserState>> states) => _states = states.ToFrozenDictionary();

    /// <inheritdoc/>
    public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => new(new UserLookup(Held(user)));

    /// <inheritdoc/>
    public UserState? Held(UserIdentity user) => _states.GetValueOrDefault(user.Key);
}
