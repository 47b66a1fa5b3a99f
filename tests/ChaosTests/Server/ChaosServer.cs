using Grpc.Net.Client;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Users;
using Inference.Server;
using Inference.Server.Options;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Recsys.V1;

namespace ChaosTests.Server;

/// <summary>One replica of the real server, on free ports, with the world's bundle and a Redis.</summary>
internal sealed class ChaosServer : IAsyncDisposable
{
    /// <summary>How long replies wait for Redis where a test does not measure: less than any delay that a case makes, more than a busy machine needs.</summary>
    public static readonly TimeSpan PatientBudget = TimeSpan.FromMilliseconds(25);

    private ChaosServer(ServerHost host, KeptLog log)
    {
        Host = host;
        Log = log;
        Channel = GrpcChannel.ForAddress(host.GrpcAddress);
        Recommendations = new RecommendationService.RecommendationServiceClient(Channel);
        Events = new EventService.EventServiceClient(Channel);
    }

    public ServerHost Host { get; }

    /// <summary>What the server said of late.</summary>
    public KeptLog Log { get; }

    public GrpcChannel Channel { get; }

    public RecommendationService.RecommendationServiceClient Recommendations { get; }

    public EventService.EventServiceClient Events { get; }

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="world">The bundle.</param>
    /// <param name="redis">Where Redis is, in the notation of StackExchange.Redis.</param>
    /// <param name="configure">Changes further options.</param>
    public static async Task<ChaosServer> StartAsync(ChaosWorld world, string redis, Action<InferenceOptions>? configure = null)
    {
        var options = new InferenceOptions();
        options.Bundle.Path = world.Bundle;
        options.Server.GrpcAddress = options.Server.HttpAddress = "127.0.0.1:0";
        options.Redis.Configuration = redis;
        options.Loading.CacheFolder = "";
        // The tower is not what is under test here, and a busy machine must not make it late.
        options.Recommend.TowerBudget = TimeSpan.FromSeconds(1);
        options.Recommend.UserStateBudget = PatientBudget;
        configure?.Invoke(options);
        var log = new KeptLog();
        ServerHost host = ServerHost.Build(options, logging => logging.AddProvider(log));
        await host.StartAsync();
        await host.ReadyAsync().WaitAsync(TimeSpan.FromMinutes(1));
        return new ChaosServer(host, log);
    }

    /// <summary>Who a user is to the stores.</summary>
    public UserIdentity IdentityOf(string userId) => Host.Services.GetRequiredService<UserKeyRing>().Of(userId);

    /// <summary>What this replica finds of a user.</summary>
    public ValueTask<UserLookup> FindAsync(string userId) => Host.Services.GetRequiredService<IUserStates>().FindAsync(IdentityOf(userId), CancellationToken.None);

    public async Task<RecommendResponse> RecommendAsync(string userId, int limit = 10) => await Recommendations.RecommendAsync(new RecommendRequest { UserId = userId, Limit = limit });

    public async ValueTask DisposeAsync()
    {
        Channel.Dispose();
        await Host.StopAsync();
        await Host.DisposeAsync();
    }
}
