using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Training.Profiles;
using Xunit;

namespace UnitTests.Training.Profiles;

public sealed class ContextTablesTests
{
    [Fact]
    public void Learn_OfTwoClusters_GivesTheFormula()
    {
        // 60 users in cluster 0, 40 in cluster 1. "DE": 30 and 10; "GB": 30 and 30.
        TrainingUser[] users =
        [
            .. Enumerable.Repeat(User("DE"), 30), .. Enumerable.Repeat(User("GB"), 30),
            .. Enumerable.Repeat(User("DE"), 10), .. Enumerable.Repeat(User("GB"), 30),
        ];
        int[] clusters = [.. Enumerable.Repeat(0, 60), .. Enumerable.Repeat(1, 40)];
        ContextTable table = Assert.Single(ContextTables.Learn(users, clusters, 2, smoothing: 20, minimumUsers: 20));

        double pi0 = 61 / 102.0, pi1 = 41 / 102.0;
        Assert.Equal("country", table.Feature);
        Assert.Equal(Math.Log((30 + 20 * pi0) / 60) - Math.Log(pi0), table.LogLift["DE"][0], 1e-6);
        Assert.Equal(Math.Log((10 + 20 * pi1) / 60) - Math.Log(pi1), table.LogLift["DE"][1], 1e-6);
        Assert.Equal(Math.Log((30 + 20 * pi1) / 80) - Math.Log(pi1), table.LogLift["GB"][1], 1e-6);
        Assert.True(table.LogLift["DE"][0] > 0 && table.LogLift["DE"][1] < 0);
    }

    [Fact]
    public void Learn_MasksValuesOfFewUsers()
    {
        TrainingUser[] users = [.. Enumerable.Repeat(User("DE"), 20), .. Enumerable.Repeat(User("IS"), 19)];
        ContextTable table = Assert.Single(ContextTables.Learn(users, new int[39], 1, smoothing: 20, minimumUsers: 20));
        Assert.Equal("DE", Assert.Single(table.LogLift).Key);
    }

    [Fact]
    public void Learn_TakesWholeNumbersAndSkipsWhatIsNoCategory()
    {
        var features = new Dictionary<string, FeatureValue>
        {
            ["hour"] = FeatureValue.Of(14L),
            ["age"] = FeatureValue.Of(31.5),
            ["genres"] = FeatureValue.Of(["a", "b"]),
        };
        var other = new Dictionary<string, FeatureValue>(features) { ["hour"] = FeatureValue.Of(15L) };
        TrainingUser[] users = [.. Enumerable.Repeat(new TrainingUser(features, []), 30), .. Enumerable.Repeat(new TrainingUser(other, []), 30)];
        ContextTable table = Assert.Single(ContextTables.Learn(users, new int[60], 1, smoothing: 20, minimumUsers: 20));
        Assert.Equal("hour", table.Feature);
        Assert.Equal(["14", "15"], table.LogLift.Keys.ToArray().Order());
    }

    [Fact]
    public void Learn_OfAFeatureThatIsTheSameForAll_SaysNothing() =>
        Assert.Empty(ContextTables.Learn([.. Enumerable.Repeat(User("DE"), 50)], new int[50], 1, smoothing: 20, minimumUsers: 20));

    private static TrainingUser User(string country) => new(new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of(country) }, []);
}
