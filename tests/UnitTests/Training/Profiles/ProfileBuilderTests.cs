using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Training.Clustering;
using Inference.Training.Profiles;
using Xunit;

namespace UnitTests.Training.Profiles;

public sealed class ProfileBuilderTests
{
    private static readonly string[] Ids = [.. Enumerable.Range(0, 6).Select(row => $"i{row}")];
    private static readonly ItemCatalogue Items = new(Ids, ["tea pot", "tea cup", "tea light", "tent peg", "tent pole", "tent rope"]);

    [Fact]
    public async Task EmbedAsync_GivesTheTowerTheLatestItemsInOrder()
    {
        TrainingUser[] users = [.. Enumerable.Range(0, 600).Select(user => new TrainingUser(FeatureSet.None, [user % 6, (user + 1) % 6, (user + 2) % 6]))];
        var tower = new LastItemTower();
        float[] embeddings = await ProfileBuilder.EmbedAsync(tower, 2, users, latestItems: 2, progress: null, CancellationToken.None);
        Assert.Equal(1200, embeddings.Length);
        Assert.Equal([(0 + 2) % 6, 2], embeddings[..2]);
        Assert.Equal([(599 + 2) % 6, 2], embeddings[^2..]);
        Assert.True(tower.LargestBatch <= 256);
    }

    [Fact]
    public void Build_OfTwoTastes_GivesTwoProfilesWithTheirItemsAndContext()
    {
        // 100 tea drinkers from GB, 60 campers from SE, each clearly in one direction.
        TrainingUser[] users = [.. Enumerable.Range(0, 160).Select(user => user < 100 ? User("GB", user % 3) : User("SE", 3 + user % 3))];
        float[] embeddings = [.. users.SelectMany((user, number) => number < 100 ? new float[] { 1, 0.001f * number } : new float[] { 0.001f * number, 1 })];
        var options = new ProfileOptions { Clustering = new KMeansOptions { Clusters = 32, MinimumSize = 50 }, ListedItems = 3 };
        ClusterProfiles? profiles = ProfileBuilder.Build(users, embeddings, 2, Items, ItemShares.Count(users, 6), options);

        Assert.NotNull(profiles);
        ClusterProfile[] all = [.. Enumerable.Range(0, profiles.Count).Select(c => profiles[c])];
        Assert.All(all, profile => Assert.True(profile.Users >= 50));
        Assert.Equal(160, all.Sum(profile => profile.Users));
        ClusterProfile campers = Assert.Single(all, profile => profile.Label.Contains("tent", StringComparison.Ordinal));
        Assert.Equal([3, 4, 5], campers.Top.ToArray().Select(item => item.Row).Order());

        float[] weights = new float[profiles.Count];
        Assert.Equal(1, profiles.Weigh(new FeatureSet(new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("SE") }), weights));
        Assert.True(weights[Array.IndexOf(all, campers)] > 0.7);
    }

    [Fact]
    public void Build_WithNoUsers_IsNothing() => Assert.Null(ProfileBuilder.Build([], [], 2, Items, ItemShares.Count([], 6), new ProfileOptions()));

    private static TrainingUser User(string country, int item) => new(new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of(country) }, [item]);

    /// <summary>Embeds a user as (last item, number of items).</summary>
    private sealed class LastItemTower : IUserTower
    {
        public int LargestBatch { get; private set; }

        public FeatureSchema Features => FeatureSchema.Empty;

        public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
        {
            LargestBatch = Math.Max(LargestBatch, users.Length);
            for (int i = 0; i < users.Length; i++)
            {
                ReadOnlySpan<int> history = users.Span[i].History.Span;
                embeddings.Span[2 * i] = history[^1];
                embeddings.Span[2 * i + 1] = history.Length;
            }

            return new ValueTask<EncodeOutcome>(EncodeOutcome.Encoded);
        }
    }
}
