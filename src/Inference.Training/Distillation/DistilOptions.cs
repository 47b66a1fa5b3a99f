using Inference.Training.TwoTower;

namespace Inference.Training.Distillation;

/// <summary>How a student is made.</summary>
public sealed record DistilOptions
{
    /// <value>Length of the student's embeddings: a multiple of 16, 16 to 512. Default 32.</value>
    public int Dimension { get; init; } = 32;

    /// <value>Hidden units of each of the student's towers: a multiple of 16, 16 to 512. Default 32.</value>
    public int Hidden { get; init; } = 32;

    /// <value>Share of the teacher in the targets, [0, 1]; the rest is what users took. Default 0.7.</value>
    public double TeacherShare { get; init; } = 0.7;

    /// <value>How the student's weights are kept.</value>
    public WeightPrecision Precision { get; init; }

    /// <value>Share of NDCG@10 on the validation part that int8 weights may cost at most; what costs more is refused. 0 or more. Default 0.01.</value>
    public double LargestLoss { get; init; } = 0.01;

    /// <value>Names everything that is chance. Default 1.</value>
    public ulong Seed { get; init; } = 1;
}
