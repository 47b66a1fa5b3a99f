using Inference.Recommendations.Features;

namespace Inference.Recommendations.Ports;

/// <summary>What is known of a user.</summary>
/// <param name="Features">Stored features by name.</param>
/// <param name="History">Ids of the items that the user touched, latest last, capped by the store.</param>
public sealed record UserState(IReadOnlyDictionary<string, FeatureValue> Features, IReadOnlyList<string> History);

/// <summary>Reads what is known of users. Safe for concurrent use.</summary>
public interface IUserStates
{
    /// <summary>The state of a user; null for a user never seen. A store that fails throws; the ladder then goes on without it.</summary>
    ValueTask<UserState?> FindAsync(string userId, CancellationToken cancellationToken);
}
