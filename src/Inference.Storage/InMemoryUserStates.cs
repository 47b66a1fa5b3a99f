using System.Collections.Frozen;
using Inference.Recommendations.Ports;

namespace Inference.Storage;

/// <summary>User states held in the process: those of the served bundle. Replaced whole when another bundle is served.</summary>
public sealed class InMemoryUserStates : IUserStates
{
    private volatile FrozenDictionary<string, UserState> _states = FrozenDictionary<string, UserState>.Empty;

    /// <summary>How many users are known.</summary>
    public int Count => _states.Count;

    /// <summary>Forgets all states and takes these instead.</summary>
    /// <param name="states">States by user id.</param>
    public void Replace(IEnumerable<KeyValuePair<string, UserState>> states) => _states = states.ToFrozenDictionary(StringComparer.Ordinal);

    /// <inheritdoc/>
    public ValueTask<UserState?> FindAsync(string userId, CancellationToken cancellationToken) => new(_states.GetValueOrDefault(userId));
}
