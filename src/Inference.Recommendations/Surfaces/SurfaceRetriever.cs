namespace Inference.Recommendations.Surfaces;

/// <summary>What one retriever may do for a surface.</summary>
/// <param name="Name">Its name, as replies write it; see <see cref="Queries.Sources"/>.</param>
/// <param name="Weight">Of its part in the fused score, above 0.</param>
/// <param name="Budget">How long it may take; what is not there by then is left out and labelled.</param>
/// <param name="Quota">Most candidates that it brings, at least 1.</param>
public sealed record SurfaceRetriever(string Name, float Weight, TimeSpan Budget, int Quota);
