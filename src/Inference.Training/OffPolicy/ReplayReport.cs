namespace Inference.Training.OffPolicy;

/// <summary>What a log says.</summary>
/// <param name="Counts">What was found in it.</param>
/// <param name="Logged">The policies that made it, with their parameters.</param>
/// <param name="Units">Draws, or slates.</param>
/// <param name="Draws">Draws.</param>
/// <param name="Clusters">Independent observations: users, and requests of nobody known.</param>
/// <param name="Users">How many of them are users.</param>
/// <param name="Rewarded">Units with a reward.</param>
/// <param name="LoggedValue">Mean reward of the log itself.</param>
/// <param name="Values">What it says about the policies that were asked about.</param>
/// <param name="Options">How it was read.</param>
public sealed record ReplayReport(
    LogCounts Counts, IReadOnlyList<string> Logged, int Units, int Draws, int Clusters, int Users, int Rewarded, Estimate LoggedValue, IReadOnlyList<PolicyValue> Values, ReplayOptions Options);
