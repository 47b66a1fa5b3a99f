namespace Inference.Recommendations.Surfaces;

/// <summary>A place where slates are shown, and how they are made for it: who finds candidates, how they are fused, whether they are ranked anew, and how the slate is made up.</summary>
public sealed record Surface
{
    /// <summary>Its name: 1 to 64 of a-z, 0-9 and "_".</summary>
    public required string Name { get; init; }

    /// <summary>Who finds candidates, no two with the same name. Empty for the server's default way: the fused model, or the ladder.</summary>
    public IReadOnlyList<SurfaceRetriever> Retrievers { get; init; } = [];

    /// <summary>How what they found becomes one order.</summary>
    public SurfaceFusion Fusion { get; init; }

    /// <summary>Candidates that are kept after fusion, for ranking and for the make-up of the slate; at least 1.</summary>
    public int Depth { get; init; } = 200;

    /// <summary>Whether the bundle's ranking model orders the candidates, where the bundle has one.</summary>
    public bool Ranks { get; init; }

    /// <summary>How long the ranking model may take.</summary>
    public TimeSpan RankBudget { get; init; } = TimeSpan.FromMilliseconds(5);

    /// <summary>How the slate is made up.</summary>
    public SlateRules Slate { get; init; } = SlateRules.None;
}
