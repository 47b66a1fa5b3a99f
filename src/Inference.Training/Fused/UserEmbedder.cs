using Inference.Recommendations.Features;
using Inference.Training.Distillation;
using Inference.Training.Models;
using Inference.Training.TwoTower;

namespace Inference.Training.Fused;

/// <summary>Embeds users one at a time, as they are served. Safe for concurrent use.</summary>
public abstract class UserEmbedder
{
    /// <summary>The embedding of a user.</summary>
    /// <param name="features">Plain features.</param>
    /// <param name="user">Place in the contexts; -1 where nothing is known.</param>
    /// <param name="history">Item indexes, oldest first.</param>
    public abstract float[] Embed(IReadOnlyDictionary<string, FeatureValue> features, int user, ReadOnlyMemory<int> history);

    /// <summary>By the weights in memory: while a model is trained.</summary>
    public static UserEmbedder Of(TwoTowerModel towers) => new Trained(towers);

    /// <summary>By the graph that serves.</summary>
    public static UserEmbedder Of(TowerRanking towers) => new Served(towers);

    private sealed class Served(TowerRanking towers) : UserEmbedder
    {
        public override float[] Embed(IReadOnlyDictionary<string, FeatureValue> features, int user, ReadOnlyMemory<int> history) => towers.Embed(new RankingInput(history, user));
    }

    private sealed class Trained(TwoTowerModel towers) : UserEmbedder
    {
        public override float[] Embed(IReadOnlyDictionary<string, FeatureValue> features, int user, ReadOnlyMemory<int> history)
        {
            float[] vector = new float[towers.Dimension];
            towers.EmbedUser(history.Span, towers.Contexts[user], vector);
            return vector;
        }
    }
}
