using Inference.Training.Models;
using Inference.Training.TwoTower;
using Xunit;

namespace UnitTests.Training.TwoTower;

public sealed class TwoTowerTrainerTests
{
    private static readonly TwoTowerOptions Quick = new() { Dimension = 16, Hidden = 16, MaxHistory = 12, ContextSteps = 30, Steps = 60, BatchSize = 64, ValidationSteps = 20, Threads = 1 };

    private readonly TowerWorld _world = new();

    [Fact]
    public void Train_WithAnyNumberOfThreads_GivesTheSameBits()
    {
        TwoTowerModel one = Train(Quick), three = Train(Quick with { Threads = 3 }), other = Train(Quick with { Seed = 2 });

        Assert.Equal(one.Weights.Values, three.Weights.Values);
        Assert.NotEqual(one.Weights.Values, other.Weights.Values);
    }

    [Fact]
    public void Train_InAWorldOfKinds_FindsTheKindFromContextHistoryAndContent()
    {
        var reports = new List<TwoTowerProgress>();
        TwoTowerModel model = TwoTowerTrainer.Train(Quick with { ContextSteps = 100, Steps = 100 }, _world.Split, _world.Contexts, _world.Traits, progress: new Collect(reports));

        TwoTowerProgress best = reports.Last(report => report.IsBest);
        double popularity = Popularity();
        Assert.True(best.Quality.FewShot[0] > 1.5 * popularity, $"{best.Quality.FewShot[0]} without history, popularity {popularity}");
        Assert.True(best.Quality.FewShot[^1] > 2 * popularity, $"{best.Quality.FewShot[^1]} with ten items, popularity {popularity}");
        Assert.True(best.Quality.ColdItems > 0.6, $"{best.Quality.ColdItems} for new items");
        Assert.True(model.ScoresColdItems);
    }

    [Fact]
    public void Train_OfASampledSoftmax_LearnsAsWell()
    {
        var reports = new List<TwoTowerProgress>();
        TwoTowerTrainer.Train(Quick with { ContextSteps = 100, Steps = 100, FullSoftmaxItems = 50, SampledItems = 60 }, _world.Split, _world.Contexts, _world.Traits, progress: new Collect(reports));

        Assert.True(reports.Last(report => report.IsBest).Quality.FewShot[^1] > 2 * Popularity());
    }

    [Fact]
    public void Train_FromAnEarlierState_BeginsNotBelowWhereItEnded()
    {
        TwoTowerModel earlier = Train(Quick);
        var reports = new List<TwoTowerProgress>();
        string path = Path.GetTempFileName();
        try
        {
            earlier.State.Save(path);
            TwoTowerState state = TwoTowerState.Load(path);
            TwoTowerTrainer.Train(Quick with { ContextSteps = 0, Steps = 1 }, _world.Split, _world.Contexts, _world.Traits, warmStart: state, progress: new Collect(reports));
            TwoTowerModel again = TwoTowerModel.Of(state, earlier.ItemIds, _world.Contexts, _world.Traits);

            Assert.Equal(earlier.ItemVectors.ToArray(), again.ItemVectors.ToArray());
            var reports2 = new List<TwoTowerProgress>();
            TwoTowerTrainer.Train(Quick, _world.Split, _world.Contexts, _world.Traits, progress: new Collect(reports2));
            Assert.True(reports[0].Quality.Criterion >= reports2.Last(report => report.IsBest).Quality.Criterion - 1e-6);

            File.WriteAllBytes(path, File.ReadAllBytes(path)[..^5]);
            Assert.Throws<InvalidDataException>(() => TwoTowerState.Load(path));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Train_WithATeacher_StaysAboveChance()
    {
        var reports = new List<TwoTowerProgress>();
        TwoTowerTrainer.Train(Quick, _world.Split, _world.Contexts, _world.Traits, new KindTeacher(_world.KindOf), progress: new Collect(reports));

        Assert.True(double.IsFinite(reports[^1].Loss) && reports.Last(report => report.IsBest).Quality.FewShot[^1] > 2 * Popularity());
    }

    [Fact]
    public void Check_OfOptions_NamesAllThatIsWrong()
    {
        string message = Assert.Throws<ArgumentException>(() => new TwoTowerOptions { Dimension = 17, IdDropout = 1, Steps = -1 }.Check()).Message;

        Assert.Contains("Dimension", message, StringComparison.Ordinal);
        Assert.Contains("IdDropout", message, StringComparison.Ordinal);
        Assert.Contains("Steps", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rate_OverACycle_RisesAndFalls()
    {
        Assert.Equal(1, OneCycle.Rate(10, 100, 1), 1e-9);
        Assert.True(OneCycle.Rate(0, 100, 1) < 0.05 && OneCycle.Rate(5, 100, 1) < 1 && OneCycle.Rate(99, 100, 1) < 0.01);
    }

    private TwoTowerModel Train(TwoTowerOptions options) => TwoTowerTrainer.Train(options, _world.Split, _world.Contexts, _world.Traits);

    /// <summary>NDCG@10 of the most popular items for the unseen users.</summary>
    private double Popularity()
    {
        int[] order = [.. Enumerable.Range(0, _world.Split.Items.TrainingCount).OrderByDescending(item => _world.Split.Items.TrainingUsers[item])];
        double sum = 0;
        for (int user = 0; user < _world.Split.Validation.Count; user++)
        {
            int[] support = _world.Split.Validation.Support[user].ToArray(), targets = _world.Split.Validation.Targets[user].ToArray();
            double gain = 0, ideal = 0;
            int rank = 0;
            foreach (int item in order.Where(item => !support.Contains(item)).Take(10))
            {
                gain += targets.Contains(item) ? 1 / Math.Log2(rank + 2) : 0;
                ideal += rank < targets.Length ? 1 / Math.Log2(rank + 2) : 0;
                rank++;
            }

            sum += gain / ideal;
        }

        return sum / _world.Split.Validation.Count;
    }

    private sealed class Collect(List<TwoTowerProgress> reports) : IProgress<TwoTowerProgress>
    {
        public void Report(TwoTowerProgress value) => reports.Add(value);
    }

    private sealed class KindTeacher(int[] kindOf) : RankingModel
    {
        public override string Name => "kinds";

        public override void Score(in RankingInput user, Span<double> scores)
        {
            scores.Clear();
            foreach (int item in user.History.Span)
            {
                for (int i = 0; i < scores.Length; i++)
                    scores[i] += kindOf[i] == kindOf[item] ? 1 : 0;
            }
        }
    }
}
