using Grpc.AspNetCore.Server;
using Inference.Recommendations;
using Inference.Recommendations.Catalogue;
using Inference.Recommendations.Comparison;
using Inference.Recommendations.Exploration;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Recall;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Server.Admission;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Hosting;
using Inference.Server.Json;
using Inference.Server.Models;
using Inference.Server.OpenInference;
using Inference.Server.Options;
using Inference.Server.Rehearsals;
using Inference.Server.Requests;
using Inference.Server.Security;
using Inference.Server.Security.Audit;
using Inference.Server.Security.Tls;
using Inference.Server.Services;
using Inference.Server.Surfaces;
using Inference.Server.Telemetry;
using Inference.Server.Telemetry.Gpu;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Inference.Server;

/// <summary>
/// The composition root: every part is made here, once, and nothing else makes parts.
/// <code>
///  Kestrel ─ CallObserver ─ CallEntry ─ routing ─ gRPC ─ FailureInterceptor ─ services ─ RecommendationPipeline ─ SnapshotRegistry ◂─ ModelLifecycle ◂─ RepositoryWatch
///                                   └ /healthz /readyz /metrics, JsonRoutes ─ services (as above)   └ UserStates ◂─ UserEvents
/// </code>
/// </summary>
public sealed class ServerHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private ServerHost(WebApplication app) => _app = app;

    /// <summary>Where gRPC is served once the host is started: the address with the port that was taken, or "unix:/path".</summary>
    public string GrpcAddress => Addresses().ElementAt(0);

    /// <summary>Where HTTP is served once the host is started.</summary>
    public string HttpAddress => Addresses().ElementAt(1);

    /// <summary>Where the services of operators are served once the host is started; null where that is no address of its own.</summary>
    public string? AdminAddress => Addresses().ElementAtOrDefault(2);

    /// <summary>All services of the host.</summary>
    public IServiceProvider Services => _app.Services;

    /// <summary>The model once it answers; fails when the bundle is refused.</summary>
    internal Task<LoadedModel> Loaded => _app.Services.GetRequiredService<ModelLifecycle>().First;

    /// <summary>Makes a host that is not started.</summary>
    /// <param name="options">Valid options; they must not change any more.</param>
    /// <param name="configureLogging">Adds log providers; null logs nothing.</param>
    /// <param name="time">The clock; null for the system's.</param>
    public static ServerHost Build(InferenceOptions options, Action<ILoggingBuilder>? configureLogging = null, TimeProvider? time = null)
    {
        // The empty builder brings nothing by itself: no configuration, no log, no second look at environment variables.
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "Inference.Server", ContentRootPath = AppContext.BaseDirectory });
        IReadOnlyList<ServedListener> listeners = ServedListener.All(options.Server, options.Tls);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            ListenerSetup.Apply(kestrel, options.Server, listeners, kestrel.ApplicationServices.GetService<ServedCertificate>());
            ConnectionBounds.Apply(kestrel.Limits, options.Connections);
        });
        builder.Services.AddRoutingCore();
        builder.Services.AddMetrics();
        builder.Services.AddLogging(logging =>
        {
            configureLogging?.Invoke(logging);
            LogExport.Add(logging, options.Telemetry);
        });
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = options.Server.ReadinessGrace + options.Server.DrainTime);
        builder.Services.AddGrpc(grpc =>
        {
            grpc.MaxReceiveMessageSize = options.Server.MaxReceiveBytes;
            grpc.EnableDetailedErrors = false;
            grpc.Interceptors.Add<FailureInterceptor>();
        })
        .AddServiceOptions<ModelService>(grpc => OfOperators(grpc, options.Server))
        .AddServiceOptions<StateService>(grpc => OfOperators(grpc, options.Server))
        .AddServiceOptions<CatalogService>(static grpc => grpc.Interceptors.Add<AuditInterceptor>())
        .AddServiceOptions<EventService>(static grpc => grpc.Interceptors.Add<AuditInterceptor>());
        AddParts(builder.Services, options, time ?? TimeProvider.System);
        builder.Services.AddSecurity(options, time ?? TimeProvider.System);

        WebApplication app = builder.Build();
        // Made now, so that nothing is measured before somebody listens.
        app.Services.GetRequiredService<TelemetryPipeline>();
        app.Services.GetRequiredService<ServerMetrics>();
        app.Services.GetRequiredService<ProcessMetrics>();
        app.Services.GetRequiredService<GpuMetrics>();
        app.Services.GetRequiredService<ExposureMetrics>();
        app.UseMiddleware<CallObserver>();
        app.Use(ResponseHeaders.Add);
        // Named, because it would stand before all else otherwise: calls that are refused need no route.
        app.UseRouting();
        app.MapServices(options.Server.Reflection);
        app.MapHttpEndpoints();
        if (options.Server.HttpApi)
            app.MapJson();
        return new ServerHost(app);
    }

    /// <summary>Opens the ports and begins to load the model; returns before it is loaded.</summary>
    /// <exception cref="IOException">A port is taken.</exception>
    public Task StartAsync(CancellationToken cancellationToken = default) => _app.StartAsync(cancellationToken);

    /// <summary>Waits until the model answers.</summary>
    /// <exception cref="Towers.Bundles.BundleException">The bundle is refused.</exception>
    public async Task ReadyAsync(CancellationToken cancellationToken = default) => await Loaded.WaitAsync(cancellationToken);

    /// <summary>Waits until something asks the server to stop, and has stopped it.</summary>
    public Task WaitForShutdownAsync(CancellationToken cancellationToken = default) => _app.WaitForShutdownAsync(cancellationToken);

    /// <summary>Stops: not ready, drain, end.</summary>
    public Task StopAsync(CancellationToken cancellationToken = default) => _app.StopAsync(cancellationToken);

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static void OfOperators(GrpcServiceOptions grpc, ServerOptions options)
    {
        // Names of versions and users need no more.
        grpc.MaxReceiveMessageSize = Math.Min(64 << 10, options.MaxReceiveBytes);
        grpc.Interceptors.Add<AuditInterceptor>();
    }

    private static void AddParts(IServiceCollection services, InferenceOptions options, TimeProvider time)
    {
        services.AddSingleton(options).AddSingleton(options.Server).AddSingleton(options.Recommend).AddSingleton(options.Telemetry);
        services.AddSingleton(time);

        // The domain.
        services.AddSingleton<RecommendationMetrics>();
        services.AddSingleton<SnapshotRegistry>();
        services.AddState(options, time);
        services.AddSingleton(provider => new RecommendationPipeline(
            provider.GetRequiredService<IUserStates>(),
            provider.GetService<IUserEmbeddings>(),
            provider.GetRequiredService<UserKeyRing>(),
            options.Recommend,
            provider.GetRequiredService<RecommendationMetrics>(),
            time,
            provider.GetRequiredService<ILoggerFactory>(),
            options.Exploration,
            options.NewItems,
            provider.GetService<IDecisionLog>(),
            options.Guards,
            provider.GetService<IContextMemory>(),
            provider.GetRequiredService<RecallMonitor>(),
            options.Filters,
            provider.GetService<IVectorEngine>()));
        services.AddSingleton<RecallMetrics>();
        services.AddSingleton(provider => new RecallMonitor(
            options.Recall, provider.GetRequiredService<RecallMetrics>(), time, provider.GetRequiredService<ILogger<RecallMonitor>>()));
        services.AddHostedService<RecallLifetime>();
        services.AddSingleton<Embeddings>();
        services.AddRehearsal(time);
        services.AddSingleton(options.Surfaces).AddSingleton<ServedSurfaces>();
        services.AddHostedService<SurfacesWatch>();
        services.AddSingleton<ShadowMetrics>();
        services.AddSingleton(provider => new ShadowTraffic(
            options.Models.ToShadowPlan(),
            provider.GetRequiredService<SnapshotRegistry>(),
            provider.GetRequiredService<IUserStates>(),
            provider.GetRequiredService<UserKeyRing>(),
            provider.GetRequiredService<ShadowMetrics>(),
            time,
            provider.GetRequiredService<ILoggerFactory>(),
            options.Guards,
            options.Filters));
        services.AddHostedService<ShadowLifetime>();

        services.AddSingleton(options.Catalogue).AddSingleton<CatalogueMetrics>().AddSingleton<CatalogueUpdates>();

        // Telemetry, and the life of the process.
        services.AddSingleton<TelemetryPipeline>();
        services.AddSingleton<ServerMetrics>();
        services.AddSingleton<CallSpans>();
        services.AddSingleton<ProcessMetrics>();
        services.AddSingleton<GpuMetrics>();
        services.AddSingleton<Readiness>();
        services.AddSingleton<Drain>();
        services.AddSingleton(options.Models).AddSingleton<ModelOpening>().AddSingleton<ModelLifecycle>();
        services.AddSingleton<RepositoryWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<Drain>());
        services.AddHostedService(provider => provider.GetRequiredService<RepositoryWatch>());

        // The gRPC side. Singletons, or the framework would make one for each call.
        services.AddSingleton<RequestIds>();
        services.AddSingleton<FailureInterceptor>();
        services.AddSingleton(options.Admission).AddSingleton<AdmissionMetrics>();
        services.AddSingleton(provider => new CallAdmission(options.Admission, options.Towers, provider.GetRequiredService<AdmissionMetrics>(), time));
        services.AddHostedService<AdmissionWatch>();
        services.AddSingleton<CallEntry>();
        services.AddSingleton<JsonParts>();
        services.AddSingleton<RecommendationStreams>();
        services.AddSingleton<RecommendationService>();
        services.AddSingleton<EventService>();
        services.AddSingleton<CatalogService>();
        services.AddSingleton<ModelDescriptions>();
        services.AddSingleton<ModelService>();
        services.AddSingleton<StateService>();
        services.AddSingleton<ServedTowers>();
        services.AddSingleton<OpenInferenceService>();
        services.AddSingleton<HealthService>();
        services.AddSingleton(new ReflectionIndex(ServedServices.Descriptors));
        services.AddSingleton<ReflectionService>();
        services.AddSingleton<ReflectionV1AlphaService>();
    }

    private ICollection<string> Addresses() =>
        _app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()?.Addresses ?? throw new InvalidOperationException("The server is not started.");
}
