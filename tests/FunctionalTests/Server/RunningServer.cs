using System.Collections.Frozen;
using Google.Rpc;
using Grpc.Core;
using Grpc.Net.Client;
using Inference.Recommendations.Snapshots;
using Inference.Server;
using Inference.Server.Options;
using Inference.Towers.Bundles;
using Microsoft.Extensions.Logging;
using Recsys.V1;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Server;

/// <summary>The whole server on free ports, with a real bundle and real towers, and clients of it.</summary>
public sealed class RunningServer : IAsyncDisposable
{
    private RunningServer(ServerHost host, string bundle)
    {
        Host = host;
        Bundle = bundle;
        Channel = GrpcChannel.ForAddress(Reachable(host.GrpcAddress), new GrpcChannelOptions { MaxSendMessageSize = null });
        Http = new HttpClient { BaseAddress = new Uri(Reachable(host.HttpAddress)) };
        Recommendations = new RecommendationService.RecommendationServiceClient(Channel);
    }

    /// <summary>The world whose answers can be worked out.</summary>
    internal static SmallWorld World { get; } = new(items: 40, seed: 7);

    public ServerHost Host { get; }

    /// <summary>Folder of the bundle.</summary>
    public string Bundle { get; }

    public GrpcChannel Channel { get; }

    public HttpClient Http { get; }

    public RecommendationService.RecommendationServiceClient Recommendations { get; }

    /// <param name="configure">Changes the options.</param>
    /// <param name="change">Changes the bundle.</param>
    /// <param name="configureLogging">Adds log providers.</param>
    public static async Task<RunningServer> StartAsync(Action<InferenceOptions>? configure = null, Func<BundleContent, BundleContent>? change = null, Action<ILoggingBuilder>? configureLogging = null)
    {
        string bundle = await WriteBundleAsync(change);
        var options = new InferenceOptions();
        options.Bundle.Path = bundle;
        options.Server.GrpcAddress = options.Server.HttpAddress = "127.0.0.1:0";
        // Answers are compared with the towers' own, so a busy machine must not push them down the ladder.
        options.Recommend.TowerBudget = TimeSpan.FromSeconds(10);
        options.Fusion.Budget = TimeSpan.FromSeconds(1);
        options.Admission.MaxQueueWait = TimeSpan.FromMinutes(1);
        // And with those of one rung at a time; the mixture of them has tests of its own.
        options.Fusion.FewEvents = 0;
        // Nothing of a test stays behind in the user's folders.
        options.Loading.CacheFolder = "";
        configure?.Invoke(options);
        ServerHost host = ServerHost.Build(options, configureLogging);
        await host.StartAsync();
        await host.ReadyAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return new RunningServer(host, bundle);
    }

    /// <summary>The bundle of <see cref="World"/> with two profiles, chosen by country, in a new folder.</summary>
    public static async Task<string> WriteBundleAsync(Func<BundleContent, BundleContent>? change = null)
    {
        string folder = Path.Combine(Directory.CreateTempSubdirectory("inference-server-").FullName, "small", "1");
        ClusterProfile cheap = new("cheap things", 60, new float[SmallWorld.Dimension], new ScoredRow[] { new(30, 0.9f), new(31, 0.8f) }, 0.5f);
        ClusterProfile dear = new("dear things", 40, new float[SmallWorld.Dimension], new ScoredRow[] { new(35, 0.9f), new(36, 0.7f) }, 0.5f);
        var lift = new Dictionary<string, float[]> { ["France"] = [3f, -3f], ["Spain"] = [-3f, 3f] };
        BundleContent content = World.Content() with
        {
            Profiles = new ClusterProfiles([cheap, dear], [new ContextTable("country", lift.ToFrozenDictionary())]),
            Popularity = new Popularity([.. Enumerable.Range(0, World.ItemCount).Select(row => 0.5f - (0.01f * row))]),
        };
        await BundleWriter.WriteAsync(folder, change?.Invoke(content) ?? content);
        return folder;
    }

    /// <summary>The failure of a call: its status, and the details that came with it.</summary>
    public static async Task<CallFailure> FailAsync<T>(AsyncUnaryCall<T> call) => CallFailure.Of(await Assert.ThrowsAsync<RpcException>(async () => await call));

    /// <summary>An address that listens everywhere, as a client on this machine writes it.</summary>
    private static string Reachable(string address) => address.Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        Http.Dispose();
        await Host.StopAsync();
        await Host.DisposeAsync();
        Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(Bundle))!, recursive: true);
    }
}

/// <summary>What a caller learns of a failed call.</summary>
public sealed record CallFailure(StatusCode Code, string Message, string Reason, string Domain, IReadOnlyList<BadRequest.Types.FieldViolation> Violations, RetryInfo? Retry)
{
    public static CallFailure Of(RpcException exception)
    {
        byte[]? details = exception.Trailers.GetValueBytes("grpc-status-details-bin");
        Assert.True(details is not null, $"There are no details: {exception.Status}");
        return Of(Google.Rpc.Status.Parser.ParseFrom(details), exception.StatusCode);
    }

    public static CallFailure Of(Google.Rpc.Status status, StatusCode? expected = null)
    {
        Assert.Equal(expected ?? (StatusCode)status.Code, (StatusCode)status.Code);
        ErrorInfo info = status.Details.Single(detail => detail.Is(ErrorInfo.Descriptor)).Unpack<ErrorInfo>();
        return new CallFailure(
            (StatusCode)status.Code, status.Message, info.Reason, info.Domain,
            status.Details.SingleOrDefault(detail => detail.Is(BadRequest.Descriptor))?.Unpack<BadRequest>().FieldViolations ?? [],
            status.Details.SingleOrDefault(detail => detail.Is(RetryInfo.Descriptor))?.Unpack<RetryInfo>());
    }
}

/// <summary>One server for the tests that leave it as it was.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    public RunningServer Server { get; private set; } = null!;

    public async Task InitializeAsync() => Server = await RunningServer.StartAsync();

    public async Task DisposeAsync() => await Server.DisposeAsync();
}

[CollectionDefinition(nameof(SharedServer))]
public sealed class SharedServerCollection : ICollectionFixture<SharedServer>;
