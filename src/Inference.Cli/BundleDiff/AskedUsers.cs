using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;

namespace Inference.Cli.BundleDiff;

/// <summary>The users that requests name, in place of a server's store: both bundles are asked of the same ones.</summary>
internal sealed class AskedUsers(UserKeyRing keys, IReadOnlyDictionary<string, UserState> users) : IUserStates
{
    private readonly Dictionary<UserKey, UserState> _states = users.ToDictionary(user => keys.Of(user.Key).Key, user => user.Value);

    public UserKeyRing Keys => keys;

    public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => new(new UserLookup(Held(user)));

    public UserState? Held(UserIdentity user) => _states.GetValueOrDefault(user.Key);
}
