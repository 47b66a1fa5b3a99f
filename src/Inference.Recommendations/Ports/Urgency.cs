namespace Inference.Recommendations.Ports;

/// <summary>How urgent a call of a tower is.</summary>
/// <param name="Priority">Who waits for it.</param>
/// <param name="Patience">
/// How long from now an answer is of use, at most; null when it always is. Work that cannot be done by then is not begun, so it is no timer: a run that takes longer than it should still
/// answers late.
/// </param>
public readonly record struct Urgency(WorkPriority Priority = WorkPriority.Interactive, TimeSpan? Patience = null);
