using Inference.Recommendations.Users;

namespace Inference.Recommendations.Ports;

/// <summary>What a store says of a user.</summary>
/// <param name="State">What is known; null for a user never seen, or forgotten.</param>
/// <param name="Failure">Why the store could not be asked, <see cref="StoreFailure.None"/> when it could: then <paramref name="State"/> is what the process itself holds, perhaps out of date.</param>
public readonly record struct UserLookup(UserState? State, StoreFailure Failure = StoreFailure.None);

/// <summary>Reads what is known of users: features and capped history. Safe for concurrent use.</summary>
public interface IUserStates
{
    /// <summary>The state of a user. That the store behind fails is told in the result, not thrown: while it is down that is every request.</summary>
    /// <remarks>Answers at once where the process holds the state. The pipeline stops waiting after its budget and takes <see cref="Held"/>; the read goes on, and what it finds serves the next request.</remarks>
    ValueTask<UserLookup> FindAsync(UserIdentity user, CancellationToken cancellationToken);

    /// <summary>What the process itself holds of a user, fresh or not; asks no store.</summary>
    UserState? Held(UserIdentity user);
}
