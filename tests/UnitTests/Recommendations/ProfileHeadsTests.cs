using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>What is kept must be what adding up the lists gives, to the last bit.</summary>
public sealed class ProfileHeadsTests
{
    private const int Items = 3_000, Clusters = 5, Listed = 200;

    private readonly Random _random = new(7);
    private readonly Snapshot _snapshot;
    private readonly ProfileHeads _heads = new();

    public ProfileHeadsTests()
    {
        var index = new ExactIndex(VectorMatrix.Create(new float[Items * 3], 3), Metric.InnerProduct);
        var items = new ItemCatalogue([.. Enumerable.Range(0, Items).Select(row => $"i{row}")], new string?[Items]);
        var profiles = new ClusterProfiles([.. Enumerable.Range(0, Clusters).Select(_ => Cluster())], [new ContextTable("country", FrozenDictionary<string, float[]>.Empty)]);
        _snapshot = new Snapshot(new World().Snapshot.Model, items, new LiveIndex(index), new MeanTower(index), null, Rates(), profiles);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(ProfileHeads.Depth)]
    public void Find_OfAnyWeights_IsTheMixture_TheFirstTimeAndAgain(int wanted)
    {
        for (int round = 0; round < 20; round++)
        {
            float[] weights = Weights(zeros: round % Clusters);
            AssertSame(weights, [], wanted);
            AssertSame(weights, [], wanted);
        }
    }

    [Fact]
    public void Find_WithRowsThatMayNotBeShown_GoesOnBehindThem()
    {
        float[] weights = Weights();
        var denied = new List<int>();
        for (int round = 0; round < 12; round++)
        {
            ScoredRow[] best = Mixture(weights, denied, 20);
            denied.AddRange(best.Take(15).Select(item => item.Row));
            AssertSame(weights, denied, 20);
        }
    }

    [Fact]
    public void Find_WhereTooFewAreLeft_AnswersNothing()
    {
        float[] weights = Weights();
        int[] best = [.. Mixture(weights, [], ProfileHeads.Depth).Select(item => item.Row)];

        Assert.Null(Find(weights, best[..^9], 10));
        Assert.NotNull(Find(weights, best[..^10], 10));
        Assert.Null(Find(weights, [], ProfileHeads.Depth + 1));
    }

    [Fact]
    public void Find_AfterPopularityChanged_IsTheMixtureOfToday()
    {
        float[] weights = Weights();
        AssertSame(weights, [], 10);
        ScoredRow[] before = Find(weights, [], 10)!;

        _snapshot.Popularity = Rates();

        AssertSame(weights, [], 10);
        Assert.NotEqual(before, Find(weights, [], 10)!);
    }

    [Fact]
    public void Find_OfMoreContextsThanAreKept_GoesOn()
    {
        float[] first = Weights();
        for (int i = 0; i < ProfileHeads.MostHeads + 10; i++)
            Assert.NotNull(Find(Weights(), [], 1));

        AssertSame(first, [], 10);
    }

    [Fact]
    public async Task Find_ByManyThreads_WhilePopularityChanges_IsAlwaysSomeMixture()
    {
        float[][] weights = [.. Enumerable.Range(0, 4).Select(_ => Weights())];
        Popularity[] rates = [Rates(), Rates()];
        var valid = new HashSet<string>();
        foreach (Popularity rate in rates)
        {
            _snapshot.Popularity = rate;
            foreach (float[] each in weights)
                valid.Add(string.Join(' ', Mixture(each, [], 10)));
        }

        await Parallel.ForAsync(0, 4, (thread, _) =>
        {
            for (int i = 0; i < 500; i++)
            {
                if (thread == 0)
                    _snapshot.Popularity = rates[i % 2];
                Assert.Contains(string.Join(' ', Find(weights[(i + thread) % 4], [], 10)!), valid);
            }

            return ValueTask.CompletedTask;
        });
    }

    private void AssertSame(float[] weights, IReadOnlyList<int> denied, int wanted) => Assert.Equal(Mixture(weights, denied, wanted), Find(weights, denied, wanted) ?? []);

    private ScoredRow[]? Find(float[] weights, IReadOnlyList<int> denied, int wanted)
    {
        using Eligibility eligible = Eligible(denied);
        var found = new ScoredRow[wanted];
        return _heads.TryFind(_snapshot, weights, eligible, found) ? found : null;
    }

    private ScoredRow[] Mixture(float[] weights, IReadOnlyList<int> denied, int wanted)
    {
        using Eligibility eligible = Eligible(denied);
        var board = new RateBoard(Items);
        ColdStart.Mix(_snapshot, _snapshot.Profiles!, weights, eligible, wanted, board);
        return [.. board.TakeBest(wanted)];
    }

    private Eligibility Eligible(IReadOnlyList<int> denied) => Eligibility.Of(_snapshot.Items, [], [], denied.ToArray(), filter: null, new Degradations());

    private Popularity Rates() => new([.. Enumerable.Range(0, Items).Select(_ => MathF.Pow(_random.NextSingle(), 8) * 0.5f)]);

    private ClusterProfile Cluster()
    {
        ScoredRow[] top = [.. Enumerable.Range(0, Items).OrderBy(_ => _random.Next()).Take(Listed).Select(row => new ScoredRow(row, _random.NextSingle() * 0.6f)).OrderByDescending(item => item.Rate)];
        return new ClusterProfile("c", 100, Array.Empty<float>(), top, _random.NextSingle());
    }

    private float[] Weights(int zeros = 0)
    {
        float[] weights = [.. Enumerable.Range(0, Clusters).Select(c => c < zeros ? 0f : 0.1f + _random.NextSingle())];
        float sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
