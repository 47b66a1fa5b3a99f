namespace Inference.Recommendations.Filters;

/// <summary>What a catalogue says of the filter that every request has.</summary>
/// <param name="Error">Why it cannot be evaluated on these items: the type of an attribute rules a comparison out. Null where it can.</param>
/// <param name="UnknownAttributes">Attributes that it reads and no item has: they are missing on all.</param>
public sealed record FilterPreparation(FilterError? Error, IReadOnlyList<string> UnknownAttributes);
