using Inference.Recommendations.Features;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Recall;

namespace Inference.Recommendations.Fusion;

/// <summary>What is known of one user when the sources of a fused model score the catalogue.</summary>
public readonly ref struct FusionInput
{
    /// <summary>Context features of the request and the user.</summary>
    public FeatureSet Features { get; init; }

    /// <summary>Rows of the bundle that the user touched, latest last. A row that is there twice counts once, where it is latest; its number of distinct rows chooses the weights.</summary>
    public ReadOnlySpan<int> History { get; init; }

    /// <summary>
    /// Rows of the bundle that the user was shown and passed over, newest first. A row that is there twice counts once, where it is newest; one that is in <see cref="History"/>, too, does not count.
    /// </summary>
    public ReadOnlySpan<int> Passed { get; init; }

    /// <summary>What context said of the clusters earlier (<see cref="ClusterPosterior.TellContext"/>), for users of whom it is not known now; empty for none.</summary>
    public ReadOnlySpan<float> RememberedContext { get; init; }

    /// <summary>How much each of <see cref="Passed"/> counts, 0 to 1; empty where all count 1.</summary>
    public ReadOnlySpan<float> PassedStrengths { get; init; }

    /// <summary>What the user tower says of features and history; empty where it did not answer.</summary>
    public ReadOnlySpan<float> Embedding { get; init; }

    /// <summary>What the user tower says of the features with an empty history; empty where it did not answer.</summary>
    public ReadOnlySpan<float> ContextEmbedding { get; init; }

    /// <summary>How the index that serves is searched; null for by itself.</summary>
    internal IndexSearcher? Searcher { get; init; }

    /// <summary>The kinds of sources that the request leaves out.</summary>
    public Retrievers Without { get; init; }
}
