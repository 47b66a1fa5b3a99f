namespace Inference.Training.Distillation;

/// <summary>A model came out worse than was allowed; nothing was published.</summary>
public sealed class QualityLossException(string message) : Exception(message);
