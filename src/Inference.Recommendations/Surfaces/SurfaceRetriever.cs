namespace Inference.Recommendations.Surfaces;

/// <summary>What one retriever may do for a surface.</summary>
/// <param name="Name">Its name, as replies write it: a kind of <see cref="Queries.Sources"/>, <see cref="Learned"/>, or the name of a source of the bundle's fused model, for example "rules".</param>
/// <param name="Weight">Of its part in the fused score, above 0.</param>
/// <param name="Budget">How long it may take; one that is known to take longer, or has no time left, is left out and labelled.</param>
/// <param name="Quota">Most candidates that it brings, at least 1.</param>
/// <param name="IsOptional">Whether nobody is told where the bundle does not have it.</param>
public sealed record SurfaceRetriever(string Name, float Weight, TimeSpan Budget, int Quota, bool IsOptional = false)
{
    /// <summary>The bundle's whole fused model as one retriever.</summary>
    public const string Learned = "learned";

    /// <summary>Attributes of one retriever at most.</summary>
    public const int MostAttributes = 4;

    /// <summary>The attributes that "content" goes by, at most <see cref="MostAttributes"/>, no two the same; empty for the fused model's source of that name, or one attribute that the surface says (docs/surfaces.md).</summary>
    public IReadOnlyList<string> Attributes { get; init; } = [];
}
