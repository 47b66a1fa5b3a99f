using Inference.Recommendations.Recall;
using Inference.Server.Entry;
using Inference.Server.Json;
using Inference.Server.Models;
using Inference.Server.Options;
using Inference.Server.Prometheus;
using Inference.Server.Requests;
using Inference.Server.Security;
using Inference.Server.Telemetry;

namespace Inference.Server.Hosting;

/// <summary>The plain HTTP side: liveness, readiness, metrics. Served on HTTP/1.1 alone, so the gRPC port does not show them.</summary>
internal static class HttpEndpoints
{
    public static void MapHttpEndpoints(this WebApplication app)
    {
        Readiness readiness = app.Services.GetRequiredService<Readiness>();
        ModelLifecycle models = app.Services.GetRequiredService<ModelLifecycle>();
        RecallMonitor recall = app.Services.GetRequiredService<RecallMonitor>();
        PrometheusEndpoint? metrics = app.Services.GetRequiredService<TelemetryPipeline>().Prometheus;

        // Alive means that this code runs. It depends on nothing else, or an outage elsewhere would restart every replica.
        Map(app, "/healthz", static context => context.Response.WriteAsync("ok\n"));
        Map(app, "/readyz", context =>
        {
            ServerState state = readiness.State;
            context.Response.StatusCode = state == ServerState.Ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
            return context.Response.WriteAsync(state switch
            {
                ServerState.Ready => ReadyText(models, recall),
                ServerState.Stopping => "stopping\n",
                _ => "loading the model\n",
            });
        });
        if (metrics is null)
            return;
        CallerCheck callers = app.Services.GetRequiredService<CallerCheck>();
        RequestIds ids = app.Services.GetRequiredService<RequestIds>();
        Roles role = RoleNames.Parse(app.Services.GetRequiredService<SecurityOptions>().MetricsRole);
        Map(app, "/metrics", async context =>
        {
            if (await callers.CheckAsync(context, role) is { } refusal)
                await Problem.AnswerAsync(context, refusal, ids.Next());
            else
                await metrics.ServeAsync(context);
        });
    }

    /// <summary>"ready", and what is less than was wanted: what the configuration allowed to fall back, and an index that finds too little.</summary>
    private static string ReadyText(ModelLifecycle models, RecallMonitor recall)
    {
        LoadedModel? active = models.Active;
        IEnumerable<string> lines = active?.Fallbacks ?? [];
        if (active is not null && recall.Report(active.Snapshot) is { IsDegraded: true } report)
            lines = lines.Append(report.Detail.TrimEnd('.'));
        string fallbacks = string.Join("; ", lines);
        return fallbacks.Length == 0 ? "ready\n" : $"ready, but {fallbacks}\n";
    }

    private static void Map(WebApplication app, string path, RequestDelegate answer) => app.MapMethods(path, [HttpMethods.Get, HttpMethods.Head], context =>
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
            return answer(context);
        context.Response.StatusCode = StatusCodes.Status404NotFound;
        return Task.CompletedTask;
    });
}
