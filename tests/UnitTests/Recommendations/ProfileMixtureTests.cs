using System.Collections.Frozen;
using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Snapshots;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>However the mixture is asked, and whatever is kept of it, its scores are those of the sum over all clusters, to the last bit.</summary>
public sealed class ProfileMixtureTests
{
    private const int Items = 3_000, Clusters = 5, Listed = 200;

    private readonly Random _random = new(7);
    private readonly Snapshot _snapshot;
    private readonly ProfileMixture _mixture;

    public ProfileMixtureTests()
    {
        var index = new ExactIndex(VectorMatrix.Create(new float[Items * 3], 3), Metric.InnerProduct);
        var items = new ItemCatalogue([.. Enumerable.Range(0, Items).Select(row => $"i{row}")], new string?[Items]);
        var profiles = new ClusterProfiles([.. Enumerable.Range(0, Clusters).Select(_ => Cluster())], [new ContextTable("country", FrozenDictionary<string, float[]>.Empty)]);
        _snapshot = new Snapshot(new World().Snapshot.Model, items, new LiveIndex(index), new MeanTower(index), null, Rates(), profiles);
        _mixture = _snapshot.ProfileMixture!;
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

    [Theory]
    [InlineData(ProfileHeads.Depth + 1)]
    [InlineData(Items)]
    [InlineData(Items + 10)]
    public void Find_OfMoreThanIsKept_IsTheMixture(int wanted) => AssertSame(Weights(), [], wanted);

    [Fact]
    public void Find_WhereTooFewOfTheHeadMayBeShown_IsTheMixture()
    {
        float[] weights = Weights();
        int[] best = [.. Mixture(weights, [], ProfileHeads.Depth).Select(item => item.Row)];

        AssertSame(weights, best[..^9], 10);
        AssertSame(weights, best[..^10], 10);
    }

    [Theory]
    [InlineData(0, 10)]
    [InlineData(3, 10)]
    [InlineData(40, 10)]
    [InlineData(1_024, 10)]
    [InlineData(1_025, 10)]
    [InlineData(1_500, 10)]
    [InlineData(40, 300)]
    public void Find_AmongTheAllowed_IsTheMixture(int allowed, int wanted)
    {
        float[] weights = Weights();
        int[] rows = [.. Enumerable.Range(0, Items).OrderBy(_ => _random.Next()).Take(allowed)];

        AssertSame(weights, rows.Take(2), wanted, rows);
    }

    [Fact]
    public void Score_OfAnyRows_IsTheMixture()
    {
        for (int round = 0; round < 20; round++)
        {
            float[] weights = Weights(zeros: round % Clusters);
            Dictionary<int, float> expected = Mixture(weights, [], Items).ToDictionary(item => item.Row, item => item.Rate);
            int[] rows = [.. Enumerable.Range(0, Items).OrderBy(_ => _random.Next()).Take(500)];
            var scores = new float[rows.Length];

            _mixture.Score(_snapshot.Popularity, weights, rows, scores);

            Assert.Equal(rows.Select(row => expected[row]), scores);
        }
    }

    [Fact]
    public void Score_OfItemsThatCameLater_IsNothing()
    {
        var scores = new float[1];

        _mixture.Score(_snapshot.Popularity, Weights(), [Items + 5], scores);

        Assert.Equal([0f], scores);
    }

    [Fact]
    public void Find_WhereNothingIsListed_IsPopularity()
    {
        var mixture = new ProfileMixture(new ClusterProfiles([new ClusterProfile("c", 100, Array.Empty<float>(), Array.Empty<ScoredRow>(), 1f)], []));
        using Eligibility eligible = Eligible([]);
        var found = new ScoredRow[20];

        Assert.Equal(20, mixture.Find(_snapshot.Popularity, [1f], eligible, found));

        Assert.Equal(_snapshot.Popularity.Ranked[..20].ToArray(), found);
    }

    [Fact]
    public void Find_AfterPopularityChanged_IsTheMixtureOfToday()
    {
        float[] weights = Weights();
        AssertSame(weights, [], 10);
        ScoredRow[] before = Find(weights, [], 10);

        _snapshot.Popularity = Rates();

        AssertSame(weights, [], 10);
        Assert.NotEqual(before, Find(weights, [], 10));
    }

    [Fact]
    public void Find_OfMoreContextsThanAreKept_GoesOn()
    {
        float[] first = Weights();
        for (int i = 0; i < ProfileHeads.MostHeads + 10; i++)
            Assert.Single(Find(Weights(), [], 1));

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
                Assert.Contains(string.Join(' ', Find(weights[(i + thread) % 4], [], 10)), valid);
            }

            return ValueTask.CompletedTask;
        });
    }

    private void AssertSame(float[] weights, IEnumerable<int> denied, int wanted, int[]? allowed = null) =>
        Assert.Equal(Mixture(weights, [.. denied], wanted, allowed), Find(weights, [.. denied], wanted, allowed));

    private ScoredRow[] Find(float[] weights, IReadOnlyList<int> denied, int wanted, int[]? allowed = null)
    {
        using Eligibility eligible = Eligible(denied, allowed);
        var found = new ScoredRow[wanted];
        return found[.._mixture.Find(_snapshot.Popularity, weights, eligible, found)];
    }

    /// <summary>The definition: every row of the catalogue, every cluster.</summary>
    private ScoredRow[] Mixture(float[] weights, IReadOnlyList<int> denied, int wanted, int[]? allowed = null)
    {
        var scores = new float[Items];
        float rest = 0;
        for (int c = 0; c < Clusters; c++)
        {
            if (weights[c] < 1e-3f)
                continue;
            ClusterProfile profile = _snapshot.Profiles![c];
            rest += weights[c] * profile.RestScale;
            foreach (ScoredRow item in profile.Top.Span)
                scores[item.Row] += weights[c] * (item.Rate - (profile.RestScale * _snapshot.Popularity.RateOf(item.Row)));
        }

        return
        [
            .. (allowed ?? Enumerable.Range(0, Items)).Except(denied).Select(row => new ScoredRow(row, scores[row] + (rest * _snapshot.Popularity.RateOf(row))))
                .OrderByDescending(item => item.Rate).ThenBy(item => item.Row).Take(wanted),
        ];
    }

    private Eligibility Eligible(IReadOnlyList<int> denied, int[]? allowed = null)
    {
        string[] allowedIds = allowed is null ? [] : [.. allowed.Select(row => $"i{row}"), "an id of nothing, for no ids at all would allow all"];
        return Eligibility.Of(_snapshot.Items, allowedIds, [], denied.ToArray(), filter: null, new Degradations());
    }

    private Popularity Rates() => new([.. Enumerable.Range(0, Items).Select(_ => MathF.Pow(_random.NextSingle(), 8) * 0.5f)]);

    private ClusterProfile Cluster()
    {
        ScoredRow[] top = [.. Enumerable.Range(0, Items).OrderBy(_ => _random.Next()).Take(Listed).Select(row => new ScoredRow(row, _random.NextSingle() * 0.6f)).OrderByDescending(item => item.Rate)];
        return new ClusterProfile("c", 100, Array.Empty<float>(), top, _random.NextSingle());
    }

    private float[] Weights(int zeros = 0)
    {
        float[] weights = [.. Enumerable.Range(0, Clusters).Select(c => c < zeros ? c % 2 * 5e-4f : 0.1f + _random.NextSingle())];
        float sum = weights.Sum();
        return [.. weights.Select(weight => weight / sum)];
    }
}
