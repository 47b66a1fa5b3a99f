using Inference.Recommendations.Ports;
using Inference.Towers.Runtime;
using Inference.Training.Chance;
using Inference.Training.Ranking;
using UnitTests.Towers.Runtime;
using Xunit;

namespace UnitTests.Training.Ranking;

/// <summary>The network of a trained ranking model, and its graph.</summary>
public sealed class RankerNetworkTests
{
    private static readonly int Columns = RankerInputs.Columns.Length;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void Backward_OfAList_IsTheSlopeOfItsLoss(int hidden)
    {
        var random = new SeededRandom(5);
        float[] inputs = [.. Enumerable.Range(0, 6 * 4).Select(_ => (float)random.NextGaussian())];
        bool[] isTarget = [false, true, false, false, true, false];
        var network = new RankerNetwork(4, hidden, 0.7f, seed: 2);
        for (int i = 0; i < network.Weights.Length; i++)
            network.Weights[i] += (float)(0.3 * random.NextGaussian());
        network.Backward(inputs, isTarget, 1);
        float[] gradient = network.TakeGradient();

        for (int i = 0; i < gradient.Length; i++)
        {
            const float step = 1e-2f;
            float at = network.Weights[i];
            network.Weights[i] = at + step;
            double above = network.Backward(inputs, isTarget, 1);
            network.Weights[i] = at - step;
            double below = network.Backward(inputs, isTarget, 1);
            network.Weights[i] = at;
            network.TakeGradient();
            Assert.Equal((above - below) / (2 * step), gradient[i], 1e-3);
        }
    }

    [Fact]
    public void Fit_OfListsWithAPlantedRule_FindsIt_AndAnotherSeedOfNothingChangesNothing()
    {
        RankingList[] lists = [.. Enumerable.Range(0, 200).Select(seed => Planted((ulong)seed))];
        var inputs = RankerInputs.Of(lists);
        RankerNetwork Fit()
        {
            var network = new RankerNetwork(Columns, 4, 1 / inputs.Scale[0], seed: 1);
            network.Fit([.. lists.Where(list => list.HasTarget).Select(list => (inputs.Apply(list), list.IsTarget))], 30, 0.02f, 0.01f, 1, CancellationToken.None);
            return network;
        }

        RankerNetwork network = Fit();
        RankingList[] unseen = [.. Enumerable.Range(1_000, 50).Select(seed => Planted((ulong)seed))];

        double found = unseen.Average(list => list.Ndcg10()), ranked = unseen.Average(list => list.Ndcg10(network.Score(inputs.Apply(list))));
        Assert.True(ranked > found + 0.3, $"{ranked} after {found}");
        Assert.Equal(network.Weights, Fit().Weights);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    public async Task Graph_OfANetwork_ScoresAsTheNetworkDoes(int hidden)
    {
        RankingList[] lists = [.. Enumerable.Range(0, 20).Select(seed => Planted((ulong)seed))];
        var inputs = RankerInputs.Of(lists);
        var network = new RankerNetwork(Columns, hidden, 1, seed: 3);
        network.Fit([.. lists.Where(list => list.HasTarget).Select(list => (inputs.Apply(list), list.IsTarget))], 3, 0.05f, 0, 1, CancellationToken.None);
        Inference.Towers.Bundles.TowerContent content = RankerGraph.Of(inputs, network);
        using OnnxRanker ranker = TestTowers.OpenRanker(content.Model.ToArray(), content.Manifest, items: 40);

        Assert.Equal(RankerInputs.Reads, ranker.Reads);
        foreach (RankingList list in lists)
        {
            float[] cross = new float[list.Count * CrossFeatures.Count], scores = new float[list.Count];
            for (int i = 0; i < list.Raw.Length; i++)
                cross[(i / Columns * CrossFeatures.Count) + (int)RankerInputs.Columns[i % Columns].Feature] = list.Raw[i];
            await ranker.RankAsync(new RankInput { Rows = list.Rows, Cross = cross }, scores, default, default);
            float[] expected = network.Score(inputs.Apply(list));
            for (int i = 0; i < scores.Length; i++)
                Assert.Equal(expected[i], scores[i], 1e-4f);
        }
    }

    [Fact]
    public void Gains_AreMeansOverUsers_WithAnIntervalAroundTheDifference()
    {
        RankingList[] lists =
        [
            new("few_1", "a", [0, 1], new float[2 * Columns], [false, true], 1), new("few_3", "a", [0, 1], new float[2 * Columns], [true, false], 1),
            new("few_1", "b", [0, 1], new float[2 * Columns], [true, false], 1),
        ];
        double second = 1 / Math.Log2(3);

        IReadOnlyList<RankerGain> gains = RankerTrainer.Gains(lists, [1, 1, 1]);

        Assert.Equal(["few_1", "few_3", "all"], gains.Select(gain => gain.Scenario));
        Assert.Equal((second + 1) / 2, gains[0].Found, 1e-12);
        Assert.Equal(((((second + 1) / 2) + 1) / 2), gains[2].Found, 1e-12);
        Assert.Equal(2, gains[2].Users);
        Assert.InRange(gains[2].Difference, gains[2].Interval.Low, gains[2].Interval.High);
    }

    /// <summary>Targets are the items that are like the latest one of the history, which the order of the candidates does not know.</summary>
    private static RankingList Planted(ulong seed)
    {
        const int candidates = 40;
        var random = new SeededRandom(seed);
        float[] raw = new float[candidates * Columns];
        bool[] isTarget = new bool[candidates];
        for (int i = 0; i < candidates; i++)
        {
            for (int column = 0; column < Columns; column++)
                raw[(i * Columns) + column] = (float)random.NextDouble();
            raw[i * Columns] = 1 - (i / (float)candidates);
            raw[(i * Columns) + 1] = i + 1;
            raw[(i * Columns) + 3] = i % 7 == 0 ? float.NaN : raw[(i * Columns) + 3];
            isTarget[i] = raw[(i * Columns) + 5] > 0.9f;
        }

        int targets = Math.Max(1, isTarget.Count(one => one));
        return new RankingList("planted", $"u{seed}", [.. Enumerable.Range(0, candidates)], raw, isTarget, Enumerable.Range(0, Math.Min(10, targets)).Sum(rank => 1 / Math.Log2(rank + 2)));
    }
}
