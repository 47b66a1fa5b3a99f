using Inference.Training.Models;

namespace Inference.Training.TwoTower;

/// <summary>A teacher whose scores are inner products of vectors that can be asked for, so that a student can begin as its best approximation of fewer dimensions. Safe for concurrent use.</summary>
public abstract class EmbeddingTeacher : RankingModel
{
    /// <summary>Length of its vectors.</summary>
    public abstract int VectorLength { get; }

    /// <summary>Whether scores are inner products of <see cref="UserVector"/> and <see cref="ItemVector"/>, up to what is the same for all items.</summary>
    public abstract bool HasVectors { get; }

    /// <summary>A user's vector.</summary>
    public abstract float[] UserVector(in RankingInput user);

    /// <summary>An item's vector; zeros where the teacher does not know it.</summary>
    public abstract float[] ItemVector(int item);
}
