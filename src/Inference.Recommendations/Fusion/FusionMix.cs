namespace Inference.Recommendations.Fusion;

/// <summary>What a surface makes of a fused model for one run. The default value leaves the model as it is.</summary>
internal readonly ref struct FusionMix
{
    /// <summary>By source: what its learned weight is multiplied with, 0 for one that is left out; empty for 1 everywhere.</summary>
    public ReadOnlySpan<float> Factors { get; init; }

    /// <summary>By source: seconds that it may take; empty for those of the options.</summary>
    public ReadOnlySpan<double> Budgets { get; init; }

    /// <summary>How many rows a source proposes of a catalogue that is not scored whole; 0 for what the options say.</summary>
    public int CandidatesPerSource { get; init; }

    /// <summary>Rows of the bundle that are scored in any case; others are passed over.</summary>
    public ReadOnlySpan<int> AlsoRows { get; init; }
}
