using Inference.Training.Models;
using Inference.Training.TwoTower;
using UnitTests.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.Distillation;

public sealed class TeacherStartTests
{
    private static readonly TwoTowerOptions Still = new() { Dimension = 32, Hidden = 16, MaxHistory = 12, ContextSteps = 0, Steps = 0, Threads = 1 };

    private readonly TowerWorld _world = new();

    [Theory]
    [InlineData(32, 0.97)]
    [InlineData(16, 0.8)]
    public void Train_WithATeachersVectors_BeginsAsTheTeacherRanks(int dimension, double agreement)
    {
        TwoTowerModel teacher = TwoTowerTrainer.Train(Still with { ContextSteps = 60 }, _world.Split, _world.Contexts, _world.Traits);
        var content = new ContentMatrix(_world.Traits);
        var weights = new TowerWeights(new TowerSizes(_world.Split.Items.TrainingCount, content.Columns, [.. _world.Contexts.Fields.Select(field => field.Codes)], dimension, 16, 12));
        weights.Start(1);
        TeacherStart.Apply(weights, _world.Split, content, _world.Contexts, Still with { Dimension = dimension }, new Vectors(teacher), new Lanes(1), CancellationToken.None);
        var student = new TwoTowerModel(weights, _world.Split.Items.Ids, _world.Contexts, content);

        // Users with contexts and up to three items.
        double sum = 0;
        for (int user = 0; user < 60; user++)
            sum += Correlation(teacher, student, new RankingInput(_world.Split.Validation.Support.Slice(user)[..(user % 4)], _world.Contexts.Find(_world.Split.Validation.UserIds[user])));
        Assert.True(sum / 60 > agreement, $"mean correlation of scores {sum / 60}");
    }

    [Fact]
    public void Train_OfAStudent_StaysNearItsTeacher()
    {
        var better = new List<TwoTowerProgress>();
        TwoTowerModel teacher = TwoTowerTrainer.Train(Still with { ContextSteps = 60, Steps = 60 }, _world.Split, _world.Contexts, _world.Traits);
        TwoTowerTrainer.Train(
            Still with { Dimension = 16, ContextSteps = 20, Steps = 40, ValidationSteps = 20, TeacherShare = 0.9, IsTeacherAskedWithoutHistory = true }, _world.Split, _world.Contexts, _world.Traits, new Vectors(teacher), progress: new Collect(better));

        var kept = new ValidationScore(teacher.Weights, teacher.Content, _world.Split, _world.Contexts, 1, new Lanes(1)).Measure();
        Assert.True(better.Last(report => report.IsBest).Quality.Criterion > kept.Criterion - 0.1, $"{better.Last(report => report.IsBest).Quality.Criterion} where the teacher has {kept.Criterion}");
    }

    private static double Correlation(TwoTowerModel a, TwoTowerModel b, RankingInput user)
    {
        double[] x = new double[a.ItemIds.Count], y = new double[x.Length];
        a.Score(user, x);
        b.Score(user, y);
        double meanX = x.Average(), meanY = y.Average();
        double xy = x.Zip(y, (p, q) => (p - meanX) * (q - meanY)).Sum();
        return xy / Math.Sqrt(x.Sum(p => (p - meanX) * (p - meanX)) * y.Sum(q => (q - meanY) * (q - meanY)));
    }

    private sealed class Collect(List<TwoTowerProgress> reports) : IProgress<TwoTowerProgress>
    {
        public void Report(TwoTowerProgress value) => reports.Add(value);
    }

    private sealed class Vectors(TwoTowerModel model) : EmbeddingTeacher
    {
        public override string Name => "teacher";

        public override int VectorLength => model.Dimension;

        public override bool HasVectors => true;

        public override float[] UserVector(in RankingInput user)
        {
            float[] vector = new float[model.Dimension];
            model.EmbedUser(user.History.Span, model.Contexts[user.User], vector);
            return vector;
        }

        public override float[] ItemVector(int item) => model.ItemVectors.Slice(item * model.Dimension, model.Dimension).ToArray();

        public override void Score(in RankingInput user, Span<double> scores) => model.Score(user, scores);
    }
}
