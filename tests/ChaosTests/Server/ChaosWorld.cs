using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using UnitTests.Towers;

namespace ChaosTests.Server;

/// <summary>The bundle that servers under chaos answer from: real towers, a thousand items, two hundred users, one profile.</summary>
internal sealed class ChaosWorld : IDisposable
{
    public const int ItemCount = 1_000;
    public const int UserCount = 200;

    private readonly string _root = Directory.CreateTempSubdirectory("inference-chaos-").FullName;

    private ChaosWorld() => Bundle = Path.Combine(_root, "small", "1");

    /// <summary>Folder of the bundle.</summary>
    public string Bundle { get; }

    public static string UserId(int user) => $"user-{user}";

    public static string ItemId(int row) => SmallWorld.IdOf(row);

    /// <summary>Items that the bundle itself knows of a user, latest last.</summary>
    public static string[] HistoryOf(int user) => [ItemId(user), ItemId(user * 3 % ItemCount)];

    public static async Task<ChaosWorld> WriteAsync()
    {
        var world = new ChaosWorld();
        BundleContent content = new SmallWorld(ItemCount, seed: 7).Content();
        ClusterProfile profile = new("everybody", UserCount, new float[SmallWorld.Dimension], Enumerable.Range(0, 20).Select(static row => new ScoredRow(row, 1 - 0.01f * row)).ToArray(), 0.5f);
        await BundleWriter.WriteAsync(world.Bundle, content with
        {
            Users = [.. Enumerable.Range(0, UserCount).Select(static user => new BundleUser
            {
                Id = UserId(user),
                Features = SmallWorld.Features(("country", FeatureValue.Of(SmallWorld.Countries[user % SmallWorld.Countries.Length]))),
                History = HistoryOf(user),
            })],
            Profiles = new ClusterProfiles([profile], []),
            Popularity = new Popularity([.. Enumerable.Range(0, ItemCount).Select(static row => 1f / (1 + row))]),
        });
        return world;
    }

    public void Dispose() => Directory.Delete(_root, recursive: true);
}
