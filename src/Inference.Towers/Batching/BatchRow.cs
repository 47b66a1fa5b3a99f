namespace Inference.Towers.Batching;

/// <summary>One row of a batch.</summary>
/// <param name="Call">Whose it is.</param>
/// <param name="Row">Which of the call's rows.</param>
/// <param name="Length">Its length, unpadded.</param>
internal readonly record struct BatchRow<TWork>(BatchedCall<TWork> Call, int Row, int Length)
    where TWork : struct;
