using Inference.Recommendations.Features;

namespace Inference.Recommendations.Ports;

/// <summary>What the user tower is given for one user.</summary>
/// <param name="Features">Context features; what the tower's inputs do not name is ignored, what is missing gets the manifest's default.</param>
/// <param name="History">Rows that the bundle brought, latest last, without unknown items and items added since. The tower keeps the latest ones it can take.</param>
public readonly record struct UserTowerInput(FeatureSet Features, ReadOnlyMemory<int> History);

/// <summary>The user tower of one snapshot: turns users into vectors of its embedding space. Safe for concurrent use.</summary>
public interface IUserTower
{
    /// <summary>The context features that the tower reads.</summary>
    FeatureSchema Features { get; }

    /// <summary>Encodes users.</summary>
    /// <param name="users">The users; at least one.</param>
    /// <param name="embeddings">Receives the embeddings, row by row: users × dimension floats. Contents are undefined unless the outcome is <see cref="EncodeOutcome.Encoded"/>.</param>
    /// <param name="urgency">Whose turn comes first, and how long an answer is of use.</param>
    /// <param name="cancellationToken">Gives up waiting; work that has begun on the device may go on.</param>
    /// <returns>Whether the embeddings are there; a tower that has no time or no room for the call says so instead of throwing.</returns>
    /// <exception cref="TowerException">The model failed or gave numbers that are not finite.</exception>
    ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken);
}
