using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;

namespace Inference.Recommendations.Comparison;

/// <summary>Users as the process itself holds them: nothing is read from the store, and no lookup is counted. The request that is answered again has just made the process hold its user.</summary>
internal sealed class HeldStates(IUserStates states) : IUserStates
{
    public ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken) => new(new UserLookup(states.Held(user)));

    public UserState? Held(UserIdentity user) => states.Held(user);
}
