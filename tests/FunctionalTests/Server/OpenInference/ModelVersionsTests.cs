using Grpc.Core;
using Grpc.Net.Client;
using Inference.Recommendations.Snapshots;
using Inference.Server;
using Inference.Server.Options;
using Inference.Towers.Bundles;
using Microsoft.Extensions.DependencyInjection;
using OpenInferenceProtocol.V2;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server.OpenInference;

/// <summary>Which bundle a name and a version mean, and what there is before any.</summary>
public sealed class ModelVersionsTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("inference-versions-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Call_WithSeveralBundlesLoaded_GetsTheOneThatItNames()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);
        SnapshotRegistry snapshots = server.Host.Services.GetRequiredService<SnapshotRegistry>();
        var worlds = new Dictionary<string, SmallWorld> { ["small/1"] = RunningServer.World };
        foreach ((string name, string version) in ((string, string)[])[("small", "2"), ("other.shop", "9"), ("other.shop", "10"), ("other.shop", "beta")])
        {
            var world = new SmallWorld(items: 20, seed: worlds.Count + 20);
            worlds.Add($"{name}/{version}", world);
            snapshots.Add(await LoadAsync(world, name, version));
        }

        foreach ((string name, string version, string expected) in ((string, string, string)[])
        [
            ("user_tower", "", "small/1"), ("user_tower", "1", "small/1"), ("user_tower", "2", "small/2"), ("small.user_tower", "", "small/1"), ("small.user_tower", "2", "small/2"),
            ("other.shop.user_tower", "", "other.shop/10"), ("other.shop.user_tower", "9", "other.shop/9"), ("other.shop.user_tower", "beta", "other.shop/beta"),
        ])
        {
            ModelInferRequest request = InferMessages.Users(true, (2, [3, 4]));
            (request.ModelName, request.ModelVersion) = (name, version);
            ModelInferResponse response = client.ModelInfer(request);
            Assert.Equal((name, expected[(expected.IndexOf('/', StringComparison.Ordinal) + 1)..]), (response.ModelName, response.ModelVersion));
            OpenInferenceTests.AssertClose(worlds[expected].Embed(2, 3, 4), response.Elements<float>("user_embedding"));
        }

        Assert.Equal(["2", "1"], client.ModelMetadata(new() { Name = "item_tower", Version = "1" }).Versions);
        Assert.Equal(["10", "9", "beta"], client.ModelMetadata(new() { Name = "other.shop.item_tower" }).Versions);
        CallFailure failure = await RunningServer.FailAsync(client.ModelInferAsync(new() { ModelName = "other.shop.item_tower", ModelVersion = "11" }));
        Assert.Equal("Version '11' of the model 'other.shop.item_tower' is not loaded; loaded are '10', '9', 'beta'.", failure.Message);

        snapshots.Activate(snapshots.Loaded.Single(snapshot => snapshot.Model.FullVersion == "other.shop/beta"));
        Assert.Equal("beta", client.ModelInfer(InferMessages.Items(false, 5)).ModelVersion);
    }

    [Fact]
    public async Task Calls_ThatEndInAnyWay_LetTheirSnapshotGo()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);
        SnapshotRegistry snapshots = server.Host.Services.GetRequiredService<SnapshotRegistry>();
        Snapshot first = snapshots.Active!;
        await client.ModelInferAsync(InferMessages.Items(true, 1));
        Assert.Equal("INPUTS_UNFIT", (await RunningServer.FailAsync(client.ModelInferAsync(InferMessages.Items(true, 1_000)))).Reason);
        Assert.Equal("INVALID_REQUEST", (await RunningServer.FailAsync(client.ModelInferAsync(new() { ModelName = "item_tower" }))).Reason);
        await client.ModelReadyAsync(new() { Name = "user_tower" });
        await client.ModelMetadataAsync(new() { Name = "user_tower" });
        snapshots.Activate(await LoadAsync(new SmallWorld(), "small", "2"));

        await snapshots.Remove(first).WaitAsync(TimeSpan.FromSeconds(30));
        first.Dispose();

        CallFailure gone = await RunningServer.FailAsync(client.ModelInferAsync(new() { ModelName = "item_tower", ModelVersion = "1" }));
        Assert.Equal("Version '1' of the model 'item_tower' is not loaded; loaded are '2'.", gone.Message);
        Assert.Equal("2", (await client.ModelInferAsync(InferMessages.Items(true, 1))).ModelVersion);
    }

    [Fact]
    public async Task Call_OfABundleWithoutAnItemTower_SaysWhatThereIs()
    {
        await using RunningServer server = await RunningServer.StartAsync(change: content => content with { ItemTower = null, ItemEmbeddings = Vectors() });
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(server.Channel);

        CallFailure failure = await RunningServer.FailAsync(client.ModelMetadataAsync(new() { Name = "item_tower" }));

        Assert.Equal("There is no model 'item_tower'; there are 'user_tower', 'small.user_tower'.", failure.Message);
        Assert.False((await client.ModelReadyAsync(new() { Name = "item_tower" })).Ready);
        Assert.True((await client.ModelReadyAsync(new() { Name = "user_tower" })).Ready);
    }

    [Fact]
    public async Task Call_BeforeAModelIsLoaded_SaysThatItIsBeingLoaded()
    {
        var options = new InferenceOptions();
        options.Loading.CacheFolder = "";
        // Nothing is there, so the load is refused and the server stays as it was before.
        options.Bundle.Path = Path.Combine(_folder.FullName, "nothing");
        options.Server.GrpcAddress = options.Server.HttpAddress = "127.0.0.1:0";
        await using ServerHost host = ServerHost.Build(options);
        await host.StartAsync();
        await Assert.ThrowsAsync<BundleException>(() => host.ReadyAsync());
        using var channel = GrpcChannel.ForAddress(host.GrpcAddress);
        var client = new GRPCInferenceService.GRPCInferenceServiceClient(channel);

        Assert.True((await client.ServerLiveAsync(new())).Live);
        Assert.False((await client.ServerReadyAsync(new())).Ready);
        Assert.False((await client.ModelReadyAsync(new() { Name = "user_tower" })).Ready);
        CallFailure[] failures =
        [
            await RunningServer.FailAsync(client.ModelMetadataAsync(new() { Name = "user_tower" })),
            await RunningServer.FailAsync(client.ModelInferAsync(new() { ModelName = "user_tower" })),
        ];
        Assert.All(failures, failure => Assert.Equal((StatusCode.Unavailable, "MODEL_LOADING"), (failure.Code, failure.Reason)));
        await host.StopAsync();
    }

    private async Task<Snapshot> LoadAsync(SmallWorld world, string name, string version)
    {
        string folder = Path.Combine(_folder.FullName, name, version);
        await BundleWriter.WriteAsync(folder, world.Content(version) with { Name = name });
        return (await SmallWorld.LoadAsync(folder)).Snapshot;
    }

    private static float[] Vectors() => [.. Enumerable.Range(0, RunningServer.World.ItemCount).SelectMany(RunningServer.World.ItemVector)];
}
