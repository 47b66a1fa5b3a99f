using Inference.Recommendations.Users;

namespace Inference.Recommendations.Pipeline;

/// <summary>Who asks, and what is known of them.</summary>
/// <param name="Identity">Nobody for an anonymous session.</param>
/// <param name="State">Null for a user never seen, or forgotten.</param>
/// <param name="StoreTimeLeft">What is left of the time that this reply may wait for stores.</param>
internal readonly record struct KnownUser(UserIdentity Identity, UserState? State, TimeSpan StoreTimeLeft);
