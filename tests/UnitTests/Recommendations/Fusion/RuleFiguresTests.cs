using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Xunit;

namespace UnitTests.Recommendations.Fusion;

public sealed class RuleFiguresTests
{
    [Theory]
    [InlineData(0.5, 0.1)]
    [InlineData(0.02, 0.001)]
    [InlineData(1.0, 0.0003)]
    [InlineData(0.31, 0.3)]
    [InlineData(0.9, 0.9)]
    public void Of_AWeightOfConfidenceAndLift_GivesBothBack(double confidence, double rate)
    {
        double weight = confidence * Math.Log(confidence / rate);
        if (weight == 0)
        {
            Assert.Null(RuleFigures.Of(NeighbourWeights.ConfidenceLift, weight, rate));
            return;
        }

        RuleFigures exact = RuleFigures.Of(NeighbourWeights.ConfidenceLift, weight, rate)!.Value, served = RuleFigures.Of(NeighbourWeights.ConfidenceLift, (double)(Half)weight, rate)!.Value;

        Assert.Equal(confidence, exact.Confidence, 1e-9);
        Assert.Equal(confidence / rate, exact.Lift, 1e-6);
        Assert.Equal(1, served.Confidence / confidence, 2e-3);
        Assert.Equal(1, served.Lift * rate / confidence, 2e-3);
    }

    [Fact]
    public void Of_AConfidence_DividesByTheRate() => Assert.Equal(new RuleFigures(0.4, 4), RuleFigures.Of(NeighbourWeights.Confidence, 0.4, 0.1));

    [Fact]
    public void Of_WhatIsNoRule_IsNothing()
    {
        Assert.Null(RuleFigures.Of(NeighbourWeights.Other, 0.4, 0.1));
        Assert.Null(RuleFigures.Of(NeighbourWeights.Confidence, 0, 0.1));
        Assert.Null(RuleFigures.Of(NeighbourWeights.ConfidenceLift, 0.4, 0));
    }

    [Fact]
    public void RowOf_AHistory_IsTheEventWithoutWhichTheClusterWeighsLeast()
    {
        using var world = new FusionWorld();
        var random = new Random(5);
        for (int round = 0; round < 40; round++)
        {
            int[] history = world.History(random.Next(1, 9), round);
            float[] weights = new float[FusionWorld.Clusters], without = new float[FusionWorld.Clusters];
            world.Posterior.Weigh(FusionWorld.Context("DE"), history, weights);
            int heaviest = Array.IndexOf(weights, weights.Max());
            (int Row, double Added) best = (-1, 1e-7);
            foreach (int row in history)
            {
                world.Posterior.Weigh(FusionWorld.Context("DE"), [.. history.Where(other => other != row)], without);
                double added = Math.Log(weights[heaviest]) - Math.Log(without[heaviest]);
                best = added > best.Added ? (row, added) : best;
            }

            int found = ClusterMove.RowOf(world.Posterior, weights, history, heaviest);

            Assert.True(found == best.Row || best.Added < 1e-5, $"round {round}: {found}, not {best}");
        }
    }

    [Fact]
    public void RowOf_WithoutClicks_IsNone() =>
        Assert.Equal(-1, ClusterMove.RowOf(new ClusterPosterior(new ClusterProfiles([new ClusterProfile("all", 3, new float[3], Array.Empty<ScoredRow>(), 1)], [])), [1f], [0, 1], 0));
}
