using Inference.Recommendations.Features;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Surfaces;
using Inference.Recommendations.Users;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Recommendations.Retrieval;
using Xunit;

namespace UnitTests.Recommendations;

/// <summary>What a bundle is asked before anybody asks it.</summary>
public sealed class FirstRequestsTests
{
    private readonly SurfaceShop _shop = new(attributes: row => new Dictionary<string, FeatureValue> { ["price"] = FeatureValue.Of((long)row) });

    [Fact]
    public async Task Run_AsksByEverySurfaceAndWithoutOne()
    {
        int asked = await Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), CancellationToken.None);

        // Thirteen rounds; each asks four ways by every surface and without one, and once for similar items.
        Assert.Equal(13 * ((4 * (SurfacesFile.BuiltIn.All.Count + 1)) + 1), asked);
    }

    [Fact]
    public async Task Run_WhenTheTimeIsOver_Stops() =>
        Assert.Equal(0, await Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.Zero, CancellationToken.None));

    [Fact]
    public async Task Run_WhenAPartThrows_EndsWithoutRefusingTheBundle()
    {
        _shop.Snapshot.Items.Filters.Dispose();

        int asked = await Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), CancellationToken.None);

        Assert.InRange(asked, 0, 13 * 4);
    }

    [Fact]
    public async Task Run_WhenItIsCancelled_Throws() =>
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Make().RunAsync(_shop.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), new CancellationToken(canceled: true)));

    [Fact]
    public async Task Run_AsksAsUsersOfFewAndOfManyEvents_AndOfTheBundle()
    {
        var tower = new RecordingTower(new World().Tower);
        var world = new World(tower);
        var ofBundle = new UserState(new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of("ES") }, ["i1", "i2", "i4", "i8", "i9"]);

        await new FirstRequests(World.Keys, world.States, null, null, TimeProvider.System, NullLogger<FirstRequests>.Instance)
            .RunAsync(world.Snapshot, [ofBundle], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), CancellationToken.None);

        Assert.Contains(3, tower.Histories);
        Assert.Contains(World.Items, tower.Histories); // of a larger catalogue thirty
        Assert.Contains(5, tower.Histories);
    }

    [Fact]
    public async Task Run_KeepsEmbeddingsInItsOwnCacheAlone()
    {
        var world = new World();
        var served = new CountingCache();
        var own = new CountingCache();

        await new FirstRequests(World.Keys, world.States, served, own, TimeProvider.System, NullLogger<FirstRequests>.Instance)
            .RunAsync(world.Snapshot, [], SurfacesFile.BuiltIn, TimeSpan.FromMinutes(1), CancellationToken.None);

        Assert.Equal(0, served.Sets);
        Assert.True(own.Sets > 0 && served.Reads > 0);
    }

    private FirstRequests Make() => new(World.Keys, _shop.World.States, null, null, TimeProvider.System, NullLogger<FirstRequests>.Instance);

    private sealed class RecordingTower(IUserTower inner) : IUserTower
    {
        public HashSet<int> Histories { get; } = [];

        public FeatureSchema Features => inner.Features;

        public ValueTask<EncodeOutcome> EncodeAsync(ReadOnlyMemory<UserTowerInput> users, Memory<float> embeddings, Urgency urgency, CancellationToken cancellationToken)
        {
            foreach (UserTowerInput user in users.Span)
                Histories.Add(user.History.Length);
            return inner.EncodeAsync(users, embeddings, urgency, cancellationToken);
        }
    }

    private sealed class CountingCache : IUserEmbeddings
    {
        public int Reads { get; private set; }

        public int Sets { get; private set; }

        public ValueTask<bool> TryGetAsync(string space, UserKey user, ulong stamp, Memory<float> embedding, CancellationToken cancellationToken)
        {
            Reads++;
            return new(false);
        }

        public void Set(string space, UserKey user, ulong stamp, ReadOnlySpan<float> embedding) => Sets++;
    }
}
