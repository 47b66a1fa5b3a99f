using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Google.Protobuf;
using Inference.Recommendations.Pipeline;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Server.Telemetry;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Recsys.V1;

namespace Inference.Server.Rehearsals;

/// <summary>
/// Calls for slates and records events, over gRPC and JSON, before anybody else does, on a <see cref="Stage"/> of its own. <see cref="FirstRequests"/> compiles what answers; this compiles what stands before it, from the socket to the message: without it the first call of a process takes a tenth of a second,
/// and at a thousand a second hundreds wait behind it. Metrics are read once, too.
/// </summary>
internal sealed class Rehearsal(FirstRequests requests, IUserStates states, UserKeyRing keys, TelemetryPipeline telemetry, TimeProvider time, ILogger<Rehearsal> log)
{
    /// <summary>Paths that are called as JSON.</summary>
    public const string JsonRecommend = "/v1/recommend", JsonRecord = "/v1/record-events";

    /// <summary>Calls of each kind before each pause, as <see cref="FirstRequests"/> has them: what ran thirty times is compiled again in the pause, and better.</summary>
    private static readonly int[] s_rounds = [1, 30];

    private static readonly TimeSpan s_pause = TimeSpan.FromMilliseconds(150);

    /// <summary>Calls until all was called some times, or the time is over. What fails ends it and is told to the log alone.</summary>
    /// <returns>How many calls were answered.</returns>
    /// <exception cref="OperationCanceledException">Cancelled by the caller.</exception>
    public async Task<int> RunAsync(Snapshot snapshot, TimeSpan most, CancellationToken cancellationToken)
    {
        if (most <= TimeSpan.Zero)
            return 0;
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        ending.CancelAfter(most);
        int answered = 0;
        try
        {
            string item = AnItemOf(snapshot);
            StageConnections.Door grpc = new(HttpProtocols.Http2), json = new(HttpProtocols.Http1);
            await using WebApplication stage = Stage.Build(snapshot, requests, states, keys, time, [grpc, json]);
            await stage.StartAsync(ending.Token);
            using (HttpClient grpcClient = Client(grpc), jsonClient = Client(json))
            {
                foreach (int rounds in s_rounds)
                {
                    for (int round = 0; round < rounds; round++)
                        answered += await CallAsync(grpcClient, jsonClient, item, answered, ending.Token);
                    await Task.Delay(s_pause, TimeProvider.System, ending.Token);
                }
            }

            await stage.StopAsync(ending.Token);
            if (telemetry.Prometheus is { } metrics)
                await metrics.RehearseAsync(ending.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The time is over.
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            Log.RehearsalFailed(log, answered, e);
        }

        return answered;
    }

    private static string AnItemOf(Snapshot snapshot)
    {
        foreach (ScoredRow popular in snapshot.Popularity.Ranked)
        {
            if (snapshot.Items.Rows.Contains(popular.Row))
                return snapshot.Items.IdOf(popular.Row);
        }

        return "nothing";
    }

    private static HttpClient Client(StageConnections.Door door) =>
        new(new SocketsHttpHandler { ConnectCallback = (_, cancellationToken) => door.ConnectAsync(cancellationToken), UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null }) { BaseAddress = new Uri("http://stage") };

    /// <summary>Calls in all ways at once, so that some wait for others, and for users of whom no embedding is kept.</summary>
    private static async Task<int> CallAsync(HttpClient grpc, HttpClient json, string item, int call, CancellationToken cancellationToken)
    {
        var known = new RecommendRequest { UserId = $"nobody {call}", Limit = 10 };
        Task[] calls =
        [
            CallAsync(grpc, "RecommendationService/Recommend", new RecommendRequest { Limit = 10 }, cancellationToken),
            CallAsync(grpc, "RecommendationService/Recommend", known, cancellationToken),
            CallAsync(grpc, "RecommendationService/Recommend", new RecommendRequest(known) { Options = new RecommendOptions { Explain = true } }, cancellationToken),
            CallAsync(grpc, "RecommendationService/RecommendStream", new RecommendStreamRequest { Cursor = "1", Request = known }, cancellationToken),
            CallAsync(grpc, "RecommendationService/SimilarItems", new SimilarItemsRequest { ItemIds = { item }, Limit = 10 }, cancellationToken),
            CallAsync(grpc, "EventService/RecordEvents", new RecordEventsRequest { Events = { new Event { UserId = known.UserId, ItemId = item, Type = EventType.Click } } }, cancellationToken),
            CallAsync(json, JsonRecommend, $$"""{"user_id":"nobody {{call}} of another kind","limit":10}""", cancellationToken),
            CallAsync(json, JsonRecord, $$"""{"events":[{"user_id":"nobody {{call}}","item_id":"nothing","type":"EVENT_TYPE_CLICK"}]}""", cancellationToken),
        ];
        await Task.WhenAll(calls);
        return calls.Length;
    }

    private static async Task CallAsync(HttpClient json, string path, string question, CancellationToken cancellationToken)
    {
        using var body = new StringContent(question, Encoding.UTF8, "application/json");
        using HttpResponseMessage reply = await json.PostAsync(path, body, cancellationToken);
        reply.EnsureSuccessStatusCode();
        await reply.Content.ReadAsByteArrayAsync(cancellationToken);
    }

    private static async Task CallAsync(HttpClient grpc, string method, IMessage question, CancellationToken cancellationToken)
    {
        // A gRPC message on the wire: not compressed, its length, itself.
        int size = question.CalculateSize();
        var frame = new byte[5 + size];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), size);
        question.WriteTo(frame.AsSpan(5));
        using var message = new HttpRequestMessage(HttpMethod.Post, $"/recsys.v1.{method}")
        {
            Version = HttpVersion.Version20, VersionPolicy = HttpVersionPolicy.RequestVersionExact, Content = new ByteArrayContent(frame),
        };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        message.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));
        message.Headers.Add("grpc-timeout", "10S");
        using HttpResponseMessage reply = await grpc.SendAsync(message, cancellationToken);
        await reply.Content.ReadAsByteArrayAsync(cancellationToken);
        HttpResponseHeaders told = reply.TrailingHeaders.Contains("grpc-status") ? reply.TrailingHeaders : reply.Headers;
        if (!told.TryGetValues("grpc-status", out IEnumerable<string>? status) || status.First() != "0")
            throw new InvalidOperationException($"{method} ended with {(status is null ? "no status" : $"status {status.First()}")}.");
    }
}
