using Inference.Vectors.Live;

namespace Inference.Vectors;

/// <summary>A moment in the life of a <see cref="LiveIndex"/>, between two of its changes. Keeps the changes after it in memory as long as it is kept.</summary>
public readonly struct IndexMoment
{
    internal IndexMoment(LogPosition position) => Position = position;

    internal LogPosition Position { get; }
}
