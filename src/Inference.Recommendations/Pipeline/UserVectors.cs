using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Queries;
using Inference.Recommendations.Snapshots;

namespace Inference.Recommendations.Pipeline;

/// <summary>Gets what the user tower says of one user: of features and history, and of the features alone.</summary>
internal sealed class UserVectors(UserEmbeddings embeddings, RecommendationMetrics metrics, TimeProvider time)
{
    /// <summary>Asks for what is wanted; what is late or fails is labelled, and not there. A tower that has just failed is not asked again.</summary>
    /// <param name="fused">Keeps the answers to contexts; null to ask for the user's own alone.</param>
    /// <param name="wantsOwn">Whether the answer to features and history is wanted.</param>
    /// <param name="wantsContext">Whether the answer to the features alone is.</param>
    /// <param name="isMeasured">Whether anybody asks how long it took.</param>
    public async ValueTask<Answer> FindAsync(
        Snapshot snapshot, FusedScorer? fused, bool wantsOwn, bool wantsContext, RecommendQuery query, KnownUser user, FeatureSet features, History history, Budget budget, Degradations degraded,
        bool isMeasured, CancellationToken cancellationToken)
    {
        RentedEmbedding? own = null;
        try
        {
            long begun = isMeasured ? time.GetTimestamp() : 0;
            if (wantsOwn)
            {
                KnownUser cachedAs = UserEmbeddings.ReadsStoredStateAlone(snapshot, query) ? user : default;
                own = await embeddings.FindAsync(snapshot, cachedAs, features, history, query.Priority, budget, degraded, cancellationToken);
            }

            long answered = isMeasured ? time.GetTimestamp() : 0;
            float[]? context = wantsContext && fused is not null
                ? await FindContextAsync(snapshot, fused, features, mayRun: own is not null || !wantsOwn, query, budget, degraded, cancellationToken)
                : null;
            bool isMissing = (wantsOwn && own is null) || (wantsContext && context is null);
            if (isMissing)
                metrics.SourceDropped(Sources.Towers, "tower");
            var answer = new Answer(own, context, isMissing);
            if (isMeasured)
                answer = answer with { OfHistory = time.GetElapsedTime(begun, answered), OfContext = time.GetElapsedTime(answered) };
            own = null;
            return answer;
        }
        finally
        {
            own?.Dispose();
        }
    }

    private async ValueTask<float[]?> FindContextAsync(
        Snapshot snapshot, FusedScorer fused, FeatureSet features, bool mayRun, RecommendQuery query, Budget budget, Degradations degraded, CancellationToken cancellationToken)
    {
        UInt128 key = ContextEmbeddings.KeyOf(snapshot.UserTower.Features, features);
        if (fused.Contexts.Find(key) is { } found)
            return found;
        if (!mayRun)
            return null;
        using var nothing = new History();
        using RentedEmbedding? made = await embeddings.FindAsync(snapshot, default, features, nothing, query.Priority, budget, degraded, cancellationToken);
        return made is null ? null : fused.Contexts.Keep(key, made.Memory.Span);
    }

    /// <summary>What the tower said.</summary>
    /// <param name="Own">Of features and history; to be disposed.</param>
    /// <param name="Context">Of the features alone.</param>
    /// <param name="IsMissing">Whether anything that was wanted is not there.</param>
    public readonly record struct Answer(RentedEmbedding? Own, float[]? Context, bool IsMissing) : IDisposable
    {
        /// <summary>How long it was asked for <see cref="Own"/>, where that is measured.</summary>
        public TimeSpan OfHistory { get; init; }

        /// <summary>How long it was asked for <see cref="Context"/>, where that is measured.</summary>
        public TimeSpan OfContext { get; init; }

        public void Dispose() => Own?.Dispose();
    }
}
