namespace Inference.Training.Features;

/// <summary>What became of a column, for people.</summary>
/// <param name="Table">"users" or "items".</param>
/// <param name="Column">The column, or "id" for a prefix of the id.</param>
/// <param name="Used">Whether models see it.</param>
/// <param name="What">As what, or why not.</param>
public readonly record struct FeatureDecision(string Table, string Column, bool Used, string What)
{
    public override string ToString() => $"{Table}.{Column}: {What}";
}
