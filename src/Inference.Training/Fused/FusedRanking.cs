using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Training.Features;
using Inference.Training.Models;

namespace Inference.Training.Fused;

/// <summary>A fused model as the judge asks it: the scorer that serves, over all items of the bundle.</summary>
/// <param name="name">As reports call it.</param>
/// <param name="scorer">Runs the model; its rows are item indexes.</param>
/// <param name="embedder">Where user embeddings come from.</param>
/// <param name="contexts">Whose places users are given by.</param>
/// <param name="featuresOf">Plain features of a user by id.</param>
public sealed class FusedRanking(string name, FusedScorer scorer, UserEmbedder embedder, UserContexts contexts, Func<string, IReadOnlyDictionary<string, FeatureValue>> featuresOf) : RankingModel
{
    public override string Name => name;

    public override bool ScoresColdItems => true;

    public override void Score(in RankingInput user, Span<double> scores)
    {
        IReadOnlyDictionary<string, FeatureValue> features = user.User < 0 ? FeatureSet.None : featuresOf(contexts.UserIds[user.User]);
        float[] all = new float[scorer.Model.RowCount];
        int events = scorer.EventsOf(user.History.Span);
        float[] embedding = scorer.Model.NeedsEmbedding(events, ofContext: false) ? embedder.Embed(features, user.User, user.History) : [];
        float[] context = scorer.Model.NeedsEmbedding(events, ofContext: true) ? embedder.Embed(features, user.User, default) : [];
        scorer.Score(new FusionInput { Features = new FeatureSet(features), History = user.History.Span, Passed = Newest(user.Passed), Embedding = embedding, ContextEmbedding = context }, all);
        for (int item = 0; item < scores.Length; item++)
            scores[item] = all[item];
    }

    /// <summary>Servers hand over what was passed over with the newest first.</summary>
    private static ReadOnlySpan<int> Newest(ReadOnlyMemory<int> passed)
    {
        if (passed.IsEmpty)
            return default;
        int[] newest = passed.ToArray();
        Array.Reverse(newest);
        return newest;
    }
}
