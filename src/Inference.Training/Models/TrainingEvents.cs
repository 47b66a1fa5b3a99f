namespace Inference.Training.Models;

/// <summary>Every event of the training users before the validation part, repetitions included, in the order of time: what lists of first events do not tell.</summary>
/// <param name="Users">Row of the user in the training lists, per event.</param>
/// <param name="Items">Item index, per event.</param>
/// <param name="Seconds">Time since 1970 in seconds, per event.</param>
/// <param name="Baskets">Number of the basket (order, session), per event; null where the data has none.</param>
/// <param name="End">Where the validation part begins, in seconds.</param>
public sealed record TrainingEvents(int[] Users, int[] Items, long[] Seconds, int[]? Baskets, long End);
