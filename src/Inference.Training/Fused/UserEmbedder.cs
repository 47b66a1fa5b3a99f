using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
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

    /// <summary>By the graph that serves: what a bundle really answers.</summary>
    /// <param name="tower">The user tower; it knows items by their index.</param>
    /// <param name="dimension">Components per embedding.</param>
    public static UserEmbedder Of(IUserTower tower, int dimension) => new Served(tower, dimension);

    private sealed class Trained(TwoTowerModel towers) : UserEmbedder
    {
        public override float[] Embed(IReadOnlyDictionary<string, FeatureValue> features, int user, ReadOnlyMemory<int> history)
        {
            float[] vector = new float[towers.Dimension];
            towers.EmbedUser(history.Span, towers.Contexts[user], vector);
            return vector;
        }
    }

    private sealed class Served(IUserTower tower, int dimension) : UserEmbedder
    {
        public override float[] Embed(IReadOnlyDictionary<string, FeatureValue> features, int user, ReadOnlyMemory<int> history)
        {
            float[] vector = new float[dimension];
            UserTowerInput[] input = [new UserTowerInput(new FeatureSet(features), history)];
            // The judge asks from threads of its own, and an idle tower answers on the caller's thread.
            tower.EncodeAsync(input, vector, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            return vector;
        }
    }
}
