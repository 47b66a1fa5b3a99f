using Inference.Recommendations.Users;

namespace Inference.Storage.Embeddings;

/// <summary>One user in one embedding space.</summary>
/// <param name="Space">Number of the space in this process.</param>
internal readonly record struct EmbeddingKey(int Space, UserKey User)
{
    public override int GetHashCode() => User.GetHashCode() ^ (Space * 0x3D4D_51CB);
}
