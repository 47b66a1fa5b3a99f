namespace Inference.Recommendations.Surfaces;

/// <summary>Something that is wrong in a file of surfaces.</summary>
/// <param name="Path">Where it stands, for example "surfaces.home.retrievers[2].weight"; "line 3, column 5" in a text that is no JSON.</param>
/// <param name="Text">What was found, and what may stand there.</param>
public readonly record struct SurfaceProblem(string Path, string Text)
{
    public override string ToString() => Path.Length == 0 ? Text : $"{Path}: {Text}";
}
