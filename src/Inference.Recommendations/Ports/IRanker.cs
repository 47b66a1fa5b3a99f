using Inference.Recommendations.Features;

namespace Inference.Recommendations.Ports;

/// <summary>A user and the candidates that are ranked for him: one object per request, whose memory is the caller's.</summary>
public sealed class RankInput
{
    /// <summary>Context features of the request and the user.</summary>
    public FeatureSet Features { get; init; }

    /// <summary>Rows that the bundle brought, latest last. The ranker keeps the latest ones it can take.</summary>
    public ReadOnlyMemory<int> History { get; init; }

    /// <summary>Rows of the snapshot's items: the candidates, best first.</summary>
    public required ReadOnlyMemory<int> Rows { get; init; }

    /// <summary>Candidates × <see cref="CrossFeatures.Count"/> numbers, row by row; NaN where a number is not known, and anything in columns that the ranker does not read.</summary>
    public required ReadOnlyMemory<float> Cross { get; init; }

    /// <summary>When the question was asked, in seconds since 1970.</summary>
    public double Now { get; init; }
}

/// <summary>The ranking model of one snapshot: scores candidates for a user by what is known of both. Safe for concurrent use.</summary>
public interface IRanker
{
    /// <summary>The context features that the model reads.</summary>
    FeatureSchema Features { get; }

    /// <summary>The features and attributes of items that the model reads.</summary>
    FeatureSchema ItemFeatures { get; }

    /// <summary>The cross features that the model reads, as a set of <see cref="CrossFeatures"/>: the others need not be computed.</summary>
    uint Reads { get; }

    /// <summary>Most candidates of one run; more are several runs.</summary>
    int MaxBatch { get; }

    /// <summary>Most items of the history that the model reads; 0 for one that reads none.</summary>
    int MaxHistory { get; }

    /// <summary>Scores candidates.</summary>
    /// <param name="input">The user and at least one candidate.</param>
    /// <param name="scores">Receives one score per candidate, higher is better. Contents are undefined unless the outcome is <see cref="EncodeOutcome.Encoded"/>.</param>
    /// <param name="urgency">Whose turn comes first, and how long an answer is of use.</param>
    /// <param name="cancellationToken">Gives up waiting; work that has begun on the device may go on.</param>
    /// <returns>Whether the scores are there; a model that has no time or no room for the call says so instead of throwing.</returns>
    /// <exception cref="TowerException">The model failed or gave numbers that are not finite.</exception>
    ValueTask<EncodeOutcome> RankAsync(RankInput input, Memory<float> scores, Urgency urgency, CancellationToken cancellationToken);
}
