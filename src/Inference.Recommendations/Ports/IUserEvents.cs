using Inference.Recommendations.Users;

namespace Inference.Recommendations.Ports;

/// <summary>What became of some events.</summary>
/// <param name="Recorded">New, and kept.</param>
/// <param name="Duplicates">Known already.</param>
/// <param name="Refused">Of users who were forgotten.</param>
/// <param name="Dropped">Lost: the store is away and the buffer for its return is full. They still count on this replica.</param>
public readonly record struct RecordedEvents(int Recorded, int Duplicates, int Refused, int Dropped);

/// <summary>Takes in what users did, and forgets users. Safe for concurrent use.</summary>
public interface IUserEvents
{
    /// <summary>Records events. The next read of the user's state on this replica sees them, whatever becomes of the store.</summary>
    /// <remarks>Idempotent by event id. While the store is away events wait in a bounded buffer; each reaches the store's log at least once unless it is counted as dropped.</remarks>
    ValueTask<RecordedEvents> RecordAsync(IReadOnlyList<UserEvent> events, CancellationToken cancellationToken);

    /// <summary>Deletes what is known of a user, on all replicas, and keeps later events from bringing the user back for a configured time.</summary>
    /// <returns>When the user was forgotten.</returns>
    /// <exception cref="StoreException">This replica has forgotten the user, but the store could not confirm; to be tried again.</exception>
    ValueTask<DateTimeOffset> ForgetAsync(UserIdentity user, CancellationToken cancellationToken);
}
