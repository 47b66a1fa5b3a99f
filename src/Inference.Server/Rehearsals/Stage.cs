using System.Diagnostics.Metrics;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Server.Admission;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Json;
using Inference.Server.Options;
using Inference.Server.Requests;
using Inference.Server.Security;
using Inference.Server.Security.Audit;
using Inference.Server.Services;
using Inference.Server.Surfaces;
using Inference.Server.Telemetry;
using Inference.Storage;
using Inference.Storage.Counters;
using Inference.Storage.Events;
using Inference.Storage.Users;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Inference.Server.Rehearsals;

/// <summary>
/// What stands between a client and the pipeline, made a second time, for one snapshot and callers of this process alone (<see cref="StageConnections"/>). It is made of the classes that serve, with options as they come: no TLS, no credentials, no quota. What it counts and logs goes nowhere,
/// and it keeps nothing.
/// </summary>
internal static class Stage
{
    /// <param name="snapshot">What answers.</param>
    /// <param name="requests">Whose pipeline runs.</param>
    /// <param name="states">Where users are looked for beside it.</param>
    /// <param name="doors">Where calls come in.</param>
    public static WebApplication Build(Snapshot snapshot, FirstRequests requests, IUserStates states, UserKeyRing keys, TimeProvider time, IReadOnlyList<StageConnections.Door> doors)
    {
        var options = new InferenceOptions();
        // Whoever waits for code that is being compiled is not turned away.
        options.Admission.MaxQueueWait = TimeSpan.FromSeconds(10);
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Inference.Server", ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            foreach (StageConnections.Door door in doors)
                kestrel.Listen(door, listener => listener.Protocols = door.Protocols);
        });
        builder.Services.AddSingleton<IConnectionListenerFactory, StageConnections>();
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging();
        builder.Services.Replace(ServiceDescriptor.Singleton<IMeterFactory, UnheardMeters>());
        builder.Services.AddGrpc(static grpc => grpc.Interceptors.Add<FailureInterceptor>()).AddServiceOptions<EventService>(static grpc => grpc.Interceptors.Add<AuditInterceptor>());
        AddParts(builder.Services, options, time);
        var snapshots = new SnapshotRegistry();
        snapshots.Activate(snapshot);
        builder.Services.AddSingleton(snapshots).AddSingleton(requests.Pipeline).AddSingleton(states).AddSingleton(keys);

        WebApplication app = builder.Build();
        app.UseMiddleware<CallObserver>();
        app.Use(ResponseHeaders.Add);
        app.UseRouting();
        app.MapGrpcService<RecommendationService>();
        app.MapGrpcService<EventService>();
        foreach (JsonRoute route in JsonRoutes.All)
        {
            if (route.Path is Rehearsal.JsonRecommend or Rehearsal.JsonRecord)
                app.Map(route.Path, route.Bind(app.Services, route).ServeAsync);
        }

        return app;
    }

    private static void AddParts(IServiceCollection services, InferenceOptions options, TimeProvider time)
    {
        services.AddSingleton(time);
        services.AddSingleton(options.Server).AddSingleton(options.Recommend).AddSingleton(options.Admission).AddSingleton(options.Surfaces);
        // No span: none is drawn.
        services.AddSingleton(new TelemetryOptions { TraceSampling = 0 }).AddSingleton<CallSpans>();
        services.AddSingleton<Readiness>().AddSingleton<Drain>().AddSingleton<ServerMetrics>();
        services.AddSecurity(options, time);
        // What it would follow are files, and there are none.
        services.RemoveAll<IHostedService>();
        services.AddSingleton<AdmissionMetrics>();
        services.AddSingleton(provider => new CallAdmission(options.Admission, options.Towers, provider.GetRequiredService<AdmissionMetrics>(), time));
        services.AddSingleton<CallEntry>().AddSingleton<JsonParts>().AddSingleton<FailureInterceptor>().AddSingleton<RequestIds>();
        services.AddSingleton<Embeddings>().AddSingleton<ServedSurfaces>().AddSingleton<RecommendationStreams>();
        services.AddSingleton<ShadowMetrics>();
        services.AddSingleton(provider => new ShadowTraffic(
            options.Models.ToShadowPlan(), provider.GetRequiredService<SnapshotRegistry>(), provider.GetRequiredService<IUserStates>(), provider.GetRequiredService<UserKeyRing>(),
            provider.GetRequiredService<ShadowMetrics>(), time, provider.GetRequiredService<ILoggerFactory>()));
        services.AddSingleton<RecommendationService>();
        // Events go to stores of its own, in memory.
        services.AddSingleton(options.State).AddSingleton<StorageMetrics>();
        services.AddSingleton<IUserEvents>(provider =>
        {
            StorageMetrics metrics = provider.GetRequiredService<StorageMetrics>();
            return new UserEvents(
                new UserStates(options.State, time, metrics), new FadingCounters(options.State, time, metrics, provider.GetRequiredService<ILogger<FadingCounters>>()), options.State, time, metrics, provider.GetRequiredService<ILogger<UserEvents>>());
        });
        services.AddSingleton<EventService>();
    }
}
