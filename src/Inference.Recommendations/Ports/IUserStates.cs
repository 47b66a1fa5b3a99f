using Inference.Recommendations.Users;

namespace Inference.Recommendations.Ports;

/// <summary>Reads what is known of users: features and capped history. Safe for concurrent use.</summary>
public interface IUserStates
{
    /// <summary>The state of a user; null for a user never seen, or forgotten.</summary>
    /// <remarks>Answers at once where the process holds the state. The pipeline stops waiting after its budget; the read goes on, and what it finds serves the next request.</remarks>
    /// <exception cref="StoreException">The store cannot say. The ladder goes on without it.</exception>
    ValueTask<UserState?> FindAsync(UserIdentity user, CancellationToken cancellationToken);
}
