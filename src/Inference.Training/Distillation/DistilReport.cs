using System.Text.Json;
using Inference.Training.Evaluation;

namespace Inference.Training.Distillation;

/// <summary>What became of a student in one scenario.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Teacher">NDCG@10 of the teacher's towers.</param>
/// <param name="Student">NDCG@10 of the student's towers, as published.</param>
/// <param name="Kept">Student ÷ teacher.</param>
/// <param name="Interval">95 % interval of that, users resampled for both alike.</param>
/// <param name="Users">How many users were asked for.</param>
public sealed record KeptQuality(string Scenario, double Teacher, double Student, double Kept, (double Low, double High) Interval, int Users);

/// <summary>Median time of a call of the user tower, measured in turns.</summary>
/// <param name="Batch">Users per call.</param>
/// <param name="Teacher">The teacher's.</param>
/// <param name="Student">The student's.</param>
public sealed record TowerTimes(int Batch, TimeSpan Teacher, TimeSpan Student);

/// <summary>What int8 weights cost.</summary>
/// <param name="Bytes">Both towers, int8.</param>
/// <param name="Float32Bytes">Both towers, float32.</param>
/// <param name="LargestDifference">Largest difference of a component of any item's or sampled user's embedding, relative to the largest component of all.</param>
/// <param name="Loss">Share of NDCG@10 on the validation part that is lost; negative where it is higher. NaN where there is nothing to measure by.</param>
public sealed record Int8Cost(long Bytes, long Float32Bytes, double LargestDifference, double Loss);

/// <summary>What became of a distillation.</summary>
/// <param name="Bundle">Folder of the student.</param>
/// <param name="EmbeddingSpaceId">Its space.</param>
/// <param name="TeacherSpaceId">The teacher's.</param>
/// <param name="Part">The part of the split that quality is of.</param>
/// <param name="Kept">Quality by scenario.</param>
/// <param name="Times">Latency by batch.</param>
/// <param name="Int8">Null where weights are float32.</param>
/// <param name="Card">What the student's manifest says.</param>
/// <param name="Elapsed">What it took.</param>
public sealed record DistilReport(
    string Bundle, string EmbeddingSpaceId, string TeacherSpaceId, EvaluationPart Part, IReadOnlyList<KeptQuality> Kept, IReadOnlyList<TowerTimes> Times, Int8Cost? Int8, JsonElement Card, TimeSpan Elapsed);
