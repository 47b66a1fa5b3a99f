using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Xunit;

namespace UnitTests.Recommendations.Users;

public sealed class StoredUsersTests
{
    private static readonly ItemCatalogue Items = new([.. Enumerable.Range(0, 300).Select(row => $"item {row}")], new string?[300]);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void States_OfManyUsers_AreWhatWasAdded(int seed)
    {
        var random = new Random(seed);
        var users = new StoredUsers(Items);
        var expected = new Dictionary<string, (Dictionary<string, FeatureValue> Features, string[] History)>();
        for (int user = 0; user < 2000; user++)
        {
            Dictionary<string, FeatureValue> features = FeaturesOf(random);
            int[] rows = [.. Enumerable.Range(0, random.Next(30)).Select(_ => random.Next(-1, 300))];
            string[] others = [.. rows.Where(row => row < 0).Select(_ => $"gone {random.Next()} \u00e9\ud83d\ude00")];
            int other = 0;
            expected.Add($"user {user} \u6f22", (features, [.. rows.Select(row => row < 0 ? others[other++] : Items.IdOf(row))]));
            Assert.True(users.TryAdd($"user {user} \u6f22", features, rows, others));
        }

        users.Trim();

        Assert.Equal(expected.Keys, users.Keys);
        foreach ((string id, (Dictionary<string, FeatureValue> features, string[] history)) in expected)
        {
            UserState state = users[id];
            Assert.Equal(history, state.History);
            Assert.Equal(features.Keys, state.Features.Keys);
            Assert.All(features, pair => Assert.Equal((pair.Value.Kind, pair.Value.ToString()), (state.Features[pair.Key].Kind, state.Features[pair.Key].ToString())));
            Assert.Equal(new UserState(features, history).Stamp, state.Stamp);
        }

        Assert.Equal(expected.Values.Select(user => user.History.Length), users.Values.Select(state => state.History.Count));
    }

    [Fact]
    public void StateOf_AskedForTwice_IsTheSameUser_AndWorksItsStampOutOnce()
    {
        var users = new StoredUsers(Items);
        users.TryAdd("ann", new Dictionary<string, FeatureValue> { ["age"] = FeatureValue.Of(7) }, [1, 2], []);
        users.TryAdd("bob", FeatureSet.None, [1, 2], []);
        users.Trim();
        UserState one = users["ann"], other = users["ann"];

        Assert.True(UserState.AreSame(one, other));
        Assert.False(UserState.AreSame(one, users["bob"]));
        Assert.False(UserState.AreSame(one, new UserState(one.Features, one.History)));
        Assert.False(UserState.AreSame(one, null));
        Assert.True(UserState.AreSame(null, null));
        Assert.Equal(0UL, users.StampOf(0));
        Assert.Equal(new UserState(one.Features, [.. one.History]).Stamp, one.Stamp);
        Assert.Equal(one.Stamp, users.StampOf(0));
        Assert.Equal(one.Stamp, other.Stamp);
        Assert.NotEqual(one.Stamp, users["bob"].Stamp);
    }

    [Fact]
    public void TryAdd_OfAnIdThatIsThere_ChangesNothing()
    {
        var users = new StoredUsers(Items);
        Assert.True(users.TryAdd("ann", FeatureSet.None, [1], []));
        Assert.True(users.TryAdd("Ann", FeatureSet.None, [2], []));
        Assert.False(users.TryAdd("ann", FeatureSet.None, [3], []));
        users.Trim();
        Assert.Equal(2, users.Count);
        Assert.Equal(["item 1"], users["ann"].History);
        Assert.False(users.ContainsKey("bob"));
        Assert.Throws<KeyNotFoundException>(() => users["bob"]);
    }

    [Fact]
    public void KeyedUsers_OfManyUsers_FindsEachByItsKey()
    {
        var ring = new UserKeyRing("a secret of tests that is long"u8);
        var users = new StoredUsers(Items);
        for (int user = 0; user < 3000; user++)
            users.TryAdd($"user {user}", FeatureSet.None, [user % 300], []);
        users.Trim();

        var keyed = new KeyedUsers(users, id => ring.Of(id).Key);

        Assert.Equal(3000, keyed.Count);
        for (int user = 0; user < 3000; user++)
            Assert.True(UserState.AreSame(users.StateOf(user), keyed[ring.Of($"user {user}").Key]));
        Assert.False(keyed.TryGetValue(ring.Of("nobody").Key, out _));
        Assert.Equal(users.Keys.Select(id => ring.Of(id).Key), keyed.Keys);
        Assert.Throws<ArgumentException>(() => new KeyedUsers(users, _ => ring.Of("one").Key));
    }

    [Fact]
    public void KeyedUsers_OfNoUsers_FindsNobody() =>
        Assert.False(new KeyedUsers(new StoredUsers(Items), _ => default).ContainsKey(new UserKey(1, 2)));

    private static Dictionary<string, FeatureValue> FeaturesOf(Random random)
    {
        FeatureValue[] kinds =
        [
            FeatureValue.Of($"text {random.Next(50)}"), FeatureValue.Of(random.NextInt64() - (long.MaxValue / 2)), FeatureValue.Of(random.NextDouble() - 0.5),
            FeatureValue.Of(new[] { "a", $"b {random.Next()}" }), FeatureValue.Of(new long[] { 1, random.Next() }), FeatureValue.Of(new[] { 0.5, random.NextDouble() }),
        ];
        // Beyond a few features they are found by a dictionary.
        return Enumerable.Range(0, random.Next(FewFeatures.Most + 4)).ToDictionary(feature => $"feature {feature}", _ => kinds[random.Next(kinds.Length)]);
    }
}
