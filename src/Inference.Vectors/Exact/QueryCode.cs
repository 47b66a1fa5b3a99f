namespace Inference.Vectors.Exact;

/// <summary>One way to code a query, q̂ = step·p.</summary>
/// <param name="Step">What one unit of a code stands for.</param>
/// <param name="Norm">|q̂|.</param>
/// <param name="Error">|q − q̂|.</param>
internal readonly record struct QueryCode(double Step, double Norm, double Error);
