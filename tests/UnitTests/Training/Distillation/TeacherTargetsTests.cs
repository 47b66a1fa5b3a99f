using Inference.Training.Models;
using Inference.Training.TwoTower;
using UnitTests.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.Distillation;

public sealed class TeacherTargetsTests
{
    [Fact]
    public void Of_ATeacherThatKnowsNoDifference_IsEmpty()
    {
        var world = new TowerWorld(users: 30, perKind: 4);
        var targets = new TeacherTargets(new KnowsHistories(), world.Split, world.Contexts, new Lanes(1));
        var examples = new Examples([new[] { 2 }, default], [new[] { 2 }, default], [new[] { 3 }, new[] { 4 }], [0, 0, 0, 0], [-1, -1]);
        int[] columns = [.. Enumerable.Range(0, world.Split.Items.TrainingCount)];

        float[] soft = targets.Of(examples, columns);

        Assert.Equal(1, soft.AsSpan(0, columns.Length).ToArray().Sum(), 1e-4);
        Assert.Equal(0, soft[2], 1e-6);
        Assert.Equal(-1, soft.AsSpan(columns.Length, columns.Length).IndexOfAnyExcept(0f));
    }

    /// <summary>Without a history all items are as good, but for the rounding of a sum.</summary>
    private sealed class KnowsHistories : RankingModel
    {
        public override string Name => "knows_histories";

        public override void Score(in RankingInput user, Span<double> scores)
        {
            for (int item = 0; item < scores.Length; item++)
                scores[item] = 0.1 + (item % 2 * 1e-17) + (user.History.IsEmpty ? 0 : item);
        }
    }
}
