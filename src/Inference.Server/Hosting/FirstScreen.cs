using System.Globalization;
using Inference.Recommendations.Retrieval;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Server.Models;
using Inference.Server.Telemetry;
using Inference.Storage.Redis;
using Inference.Vectors;

namespace Inference.Server.Hosting;

/// <summary>What a person sees when the server is ready: what it loaded, where it listens, three things to try.</summary>
internal static class FirstScreen
{
    /// <param name="model">The model that answers.</param>
    /// <param name="grpc">Address of gRPC.</param>
    /// <param name="http">Address of HTTP.</param>
    /// <param name="admin">Address of the services of operators; null where it is none of its own.</param>
    /// <param name="access">Who may call.</param>
    /// <param name="hasMetrics">Whether /metrics is served.</param>
    /// <param name="hasApi">Whether the methods are served as JSON.</param>
    /// <param name="redis">Where state is shared; null when it is kept in the process.</param>
    /// <param name="surfaces">The surfaces that requests may name.</param>
    public static string Make(LoadedModel model, ScreenAddress grpc, ScreenAddress http, ScreenAddress? admin, string access, bool hasMetrics, bool hasApi, RedisConnection? redis, SurfaceSet surfaces)
    {
        Snapshot snapshot = model.Snapshot;
        // An item says nothing about anybody, so it may stand on a screen that somebody logs.
        string item = "";
        CatalogueRows rows = snapshot.Items.Rows;
        foreach (ScoredRow popular in snapshot.Popularity.Ranked)
        {
            if (!rows.Contains(popular.Row))
                continue;
            item = snapshot.Items.IdOf(popular.Row);
            break;
        }

        string metric = snapshot.Model.Metric switch
        {
            Metric.InnerProduct => "inner product",
            Metric.Cosine => "cosine",
            _ => "L2",
        };
        return string.Create(CultureInfo.InvariantCulture, $$"""

            Inference {{TelemetryPipeline.Version.Split('+')[0]}} is ready.

              model    {{snapshot.Model.FullVersion}}, embedding space {{snapshot.Model.EmbeddingSpaceId}}, {{snapshot.Model.Dimension}} dimensions, {{metric}}
              holds    {{snapshot.Items.Count:N0}} items, {{snapshot.Profiles?.Count ?? 0:N0}} cluster profiles, {{model.Bundle.Users.Count:N0}} known users
              index    {{Describe(snapshot.Index)}}
              surfaces {{surfaces}}{{(surfaces.Default is { } ours ? $"; {ours.Name} where a request names none" : "")}}
              state    {{(redis is null ? "in this process, lost with it; --redis HOST:PORT shares and keeps it" : $"shared through Redis at {redis.Address}, {redis.Status.ToString().ToLowerInvariant()}")}}
              loaded   in {{model.Took.TotalSeconds:0.00}} s from {{model.Bundle.Folder}}; towers run on {{string.Join(", ", model.Bundle.Providers)}}{{string.Concat(model.Fallbacks.Select(line => $"\n           ! {line}"))}}
              gRPC     {{grpc.Bare}}  (HTTP/2 {{(grpc.IsTls ? "with" : "without")}} TLS)
              HTTP     {{http.Scheme}}{{http.Bare}}  /healthz /readyz{{(hasMetrics ? " /metrics" : "")}}{{(hasApi ? " /v1/recommend /openapi.json" : "")}}{{(admin is null ? "" : $"\n  admin    {admin.Bare}  ModelService, StateService")}}
              access   {{access}}

            Try:
              ./dev cli recommend --address {{grpc.Scheme}}{{grpc.Reachable}} --recent {{item}}
              grpcurl {{(grpc.IsTls ? "-cacert ca.pem" : "-plaintext")}} -d '{"recent_item_ids":["{{item}}"],"limit":5}' {{grpc.Reachable}} recsys.v1.RecommendationService/Recommend
              curl -s {{(http.IsTls ? "--cacert ca.pem https://" : "")}}{{http.Reachable}}/{{(hasApi ? """v1/recommend -d '{"user_id":"u1","limit":5}'""" : hasMetrics ? "metrics" : "readyz")}}

            """);
    }

    private static string Describe(LiveIndex index)
    {
        FormattableString size = $"{IndexKinds.NameOf(index.Kind)}, {index.Bytes / 1e6:N1} MB";
        FormattableString? measured = index.Tuning switch
        {
            null => null,
            { Width: 0 } exact => $", {exact.Latency.TotalMicroseconds:N0} µs a search",
            var graph => $", {graph.Latency.TotalMicroseconds:N0} µs a search at width {graph.Width}, measured recall {graph.Recall:0.0000}",
        };
        return size.ToString(CultureInfo.InvariantCulture) + measured?.ToString(CultureInfo.InvariantCulture);
    }
}
