namespace Inference.Recommendations.Users;

/// <summary>One thing that a user did, as it is kept with the user.</summary>
/// <param name="EventKey">64 bits of the event's id (see <see cref="UserEvent.EventKey"/>): two interactions of one user with equal keys are one.</param>
/// <param name="ItemId">The item.</param>
/// <param name="Type">What was done.</param>
/// <param name="Time">When, to the microsecond.</param>
/// <param name="Value">Quantity, rating or amount; 0 when there is none.</param>
public readonly record struct Interaction(ulong EventKey, string ItemId, InteractionType Type, DateTimeOffset Time, float Value);
