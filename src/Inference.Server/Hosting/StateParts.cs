using Inference.Recommendations.Exploration;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Server.Options;
using Inference.Storage;
using Inference.Storage.Catalogue;
using Inference.Storage.Counters;
using Inference.Storage.Decisions;
using Inference.Storage.Embeddings;
using Inference.Storage.Events;
using Inference.Storage.Redis;
using Inference.Storage.Users;
using Inference.Storage.VectorSets;

namespace Inference.Server.Hosting;

/// <summary>
/// Makes what keeps state: in memory, and through Redis where one is configured.
/// <code>
///  UserStates ◂─ UserEvents ─▸ FadingCounters     TwoLevelEmbeddings, RememberedContexts     ICatalogueChanges
///      └──────────────┴───────────────┴─────────────────────────┴─────────────────────────────┴──▸ RedisConnection, or none
/// </code>
/// </summary>
internal static class StateParts
{
    public static void AddState(this IServiceCollection services, InferenceOptions options, TimeProvider time)
    {
        services.AddSingleton(options.State).AddSingleton(options.Redis);
        services.AddSingleton(options.State.ToKeyRing());
        services.AddSingleton<StorageMetrics>();
        if (options.Redis.IsConfigured)
            services.AddSingleton<RedisConnection>().AddSingleton<ICatalogueChanges, RedisCatalogueChanges>();
        else
            services.AddSingleton<ICatalogueChanges, InMemoryCatalogueChanges>();

        services.AddSingleton(provider => new UserStates(options.State, time, provider.GetRequiredService<StorageMetrics>(), provider.GetService<RedisConnection>()));
        services.AddSingleton<IUserStates>(provider => provider.GetRequiredService<UserStates>());

        services.AddSingleton(provider => new TwoLevelEmbeddings(options.State, provider.GetService<RedisConnection>(), provider.GetRequiredService<StorageMetrics>(), time));
        services.AddSingleton<IUserEmbeddings>(provider => provider.GetRequiredService<TwoLevelEmbeddings>());

        services.AddSingleton(provider => new RememberedContexts(options.State, provider.GetService<RedisConnection>(), provider.GetRequiredService<StorageMetrics>(), time));
        services.AddSingleton<IContextMemory>(provider => provider.GetRequiredService<RememberedContexts>());

        services.AddSingleton(provider => new FadingCounters(
            options.State, time, provider.GetRequiredService<StorageMetrics>(), provider.GetRequiredService<ILogger<FadingCounters>>(), provider.GetService<RedisConnection>()));
        services.AddSingleton<ICounters>(provider => provider.GetRequiredService<FadingCounters>());

        services.AddSingleton(provider => new UserEvents(
            provider.GetRequiredService<UserStates>(),
            provider.GetRequiredService<FadingCounters>(),
            options.State,
            time,
            provider.GetRequiredService<StorageMetrics>(),
            provider.GetRequiredService<ILogger<UserEvents>>(),
            [provider.GetRequiredService<TwoLevelEmbeddings>().Forget, provider.GetRequiredService<RememberedContexts>().Forget],
            provider.GetService<RedisConnection>(),
            options.Recommend.UserStateBudget,
            provider.GetService<DecisionLog>()));
        services.AddSingleton<IUserEvents>(provider => provider.GetRequiredService<UserEvents>());
        services.AddSingleton<DecisionMetrics>();
        if (options.Decisions.IsOn)
        {
            services.AddSingleton(provider => new DecisionLog(
                options.Decisions, provider.GetRequiredService<DecisionMetrics>(), time, provider.GetRequiredService<ILogger<DecisionLog>>(), provider.GetService<RedisConnection>()));
            services.AddSingleton<IDecisionLog>(provider => provider.GetRequiredService<DecisionLog>());
        }

        AddVectorEngine(services, options, time);
        services.AddHostedService<EventDelivery>();
        services.AddSingleton<LivePopularity>().AddSingleton<LiveTrends>();
        services.AddSingleton(options.NewItems).AddSingleton<ItemExposure>().AddSingleton<ExposureMetrics>();
        services.AddSingleton<FirstReads>();
    }

    private static void AddVectorEngine(IServiceCollection services, InferenceOptions options, TimeProvider time)
    {
        bool hasOwn = options.VectorEngine.Configuration.Length > 0;
        if (!hasOwn && !options.Redis.IsConfigured)
            return;
        services.AddSingleton(provider => new VectorEngineConnection(hasOwn
            ? new RedisConnection(
                options.Redis.At(options.VectorEngine.Configuration), provider.GetRequiredService<StorageMetrics>(), time, provider.GetRequiredService<ILogger<RedisConnection>>(), isStore: false)
            : null));
        services.AddSingleton<IVectorEngine>(provider => new RedisVectorEngine(
            provider.GetRequiredService<VectorEngineConnection>().Own ?? provider.GetRequiredService<RedisConnection>(), options.VectorEngine, time, provider.GetRequiredService<ILogger<RedisVectorEngine>>()));
    }

    /// <summary>The connection of the vector engine where it has one of its own; the provider of services ends it.</summary>
    private sealed class VectorEngineConnection(RedisConnection? own) : IAsyncDisposable
    {
        public RedisConnection? Own => own;

        public ValueTask DisposeAsync() => own?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
