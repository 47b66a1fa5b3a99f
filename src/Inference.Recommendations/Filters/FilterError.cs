namespace Inference.Recommendations.Filters;

/// <summary>What is wrong with a filter expression, and where.</summary>
/// <param name="Position">Characters (UTF-16) before the place, from 0; the length of the text where something is missing at its end.</param>
/// <param name="Message">What is there and what was expected, without the position.</param>
public sealed record FilterError(int Position, string Message)
{
    /// <summary>"at 12: 'brnad' is no attribute; did you mean 'brand'?"</summary>
    public override string ToString() => $"at {Position}: {Message}";
}
