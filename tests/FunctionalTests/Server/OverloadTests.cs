using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using FunctionalTests.Grpc;
using Grpc.Core;
using Grpc.Health.V1;
using Inference.Server.Admission;
using Inference.Server.Admission.Queues;
using Microsoft.Extensions.DependencyInjection;
using Recsys.V1;
using Xunit;
using static FunctionalTests.Grpc.RawHttp2Connection;

namespace FunctionalTests.Server;

/// <summary>A server without room, on real sockets: who is let in, who is told what, and that nothing is kept of those who go.</summary>
public sealed class OverloadTests
{
    private const string Recommend = "/recsys.v1.RecommendationService/Recommend";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Call_WithoutRoom_IsToldWhenToComeAgain()
    {
        await using RunningServer server = await StartAsync(options => options.Admission.QueueLength = 0);
        Waiter all = TakeAll(server);

        RpcException refused = await Assert.ThrowsAsync<RpcException>(async () => await server.Recommendations.RecommendAsync(new()));
        CallFailure failure = CallFailure.Of(refused);
        Assert.Equal((StatusCode.Unavailable, "OVERLOADED"), (failure.Code, failure.Reason));
        Assert.InRange(failure.Retry!.RetryDelay.ToTimeSpan(), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10));
        Assert.Equal(failure.Retry.RetryDelay.ToTimeSpan().TotalMilliseconds, double.Parse(refused.Trailers.GetValue("grpc-retry-pushback-ms")!));
        using HttpResponseMessage json = await server.Http.PostAsJsonAsync("/v1/recommend", new { });
        Assert.Equal((HttpStatusCode.ServiceUnavailable, true), (json.StatusCode, json.Headers.RetryAfter?.Delta >= TimeSpan.FromSeconds(1)));
        using JsonDocument problem = JsonDocument.Parse(await json.Content.ReadAsStringAsync());
        Assert.Equal("OVERLOADED", problem.RootElement.GetProperty("reason").GetString());
        Assert.True(problem.RootElement.GetProperty("retry_after_ms").GetInt64() > 0);

        // Whoever looks after the server gets through, and it stays ready.
        Assert.Equal(HealthCheckResponse.Types.ServingStatus.Serving, (await new Health.HealthClient(server.Channel).CheckAsync(new())).Status);
        Assert.Equal("ready\n", await server.Http.GetStringAsync("/readyz"));
        Assert.Contains("recsys_admission_shed_total", await server.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);

        Admission(server).Room.Leave(all);
        Assert.NotEmpty((await server.Recommendations.RecommendAsync(new())).Items);
    }

    [Fact]
    public async Task Call_WithoutRoom_IsRefusedBeforeAnybodyLooksForItsRoute()
    {
        await using RunningServer server = await StartAsync(options => options.Admission.QueueLength = 0);
        using var routed = new RoutedCalls(server.Host.GrpcAddress);
        Waiter all = TakeAll(server);

        Assert.Equal("OVERLOADED", (await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new()))).Reason);
        Assert.Empty(routed.Paths);

        Admission(server).Room.Leave(all);
        await server.Recommendations.RecommendAsync(new());
        Assert.Equal([Recommend], routed.Paths);
    }

    [Fact]
    public async Task Call_WithoutRoom_WaitsForIt()
    {
        await using RunningServer server = await StartAsync(options => options.Admission.MaxQueueWait = TimeSpan.FromMinutes(1));
        Waiter all = TakeAll(server);
        Task<RecommendResponse>[] calls = [.. Enumerable.Range(0, 20).Select(_ => server.Recommendations.RecommendAsync(new()).ResponseAsync)];
        await UntilAsync(() => Admission(server).Room.Waiting.Interactive == 20);

        Admission(server).Room.Leave(all);

        Assert.All(await Task.WhenAll(calls).WaitAsync(Patience), answer => Assert.NotEmpty(answer.Items));
        await AssertIdleAsync(server);
    }

    [Fact]
    public async Task Recommend_WithoutRoomWherePopularityAnswers_SaysSo()
    {
        await using RunningServer server = await StartAsync(options =>
        {
            options.Admission.QueueLength = 0;
            options.Admission.Overflow = OverflowAnswer.Popularity;
        });
        TakeAll(server);

        RecommendResponse answer = await server.Recommendations.RecommendAsync(new() { RecentItemIds = { UnitTests.Towers.SmallWorld.IdOf(3) }, Limit = 5 });

        Assert.Equal((Rung.Popularity, 5), (answer.ServedBy, answer.Items.Count));
        Assert.Contains(answer.Degraded, one => one is { Component: "admission", Reason: DegradationReason.Overloaded });
        Assert.DoesNotContain(UnitTests.Towers.SmallWorld.IdOf(3), answer.Items.Select(item => item.ItemId));
        // What has no cheap answer is refused.
        Assert.Equal("OVERLOADED", (await RunningServer.FailAsync(server.Recommendations.SimilarItemsAsync(new() { ItemIds = { UnitTests.Towers.SmallWorld.IdOf(3) } }))).Reason);
    }

    [Fact]
    public async Task Client_BeyondItsQuota_IsToldWhenThereIsOneAgain()
    {
        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Admission.ClientRequestsPerSecond = 0.01;
            options.Admission.ClientBurst = 3;
        });
        for (int i = 0; i < 3; i++)
            await server.Recommendations.RecommendAsync(new());

        CallFailure failure = await RunningServer.FailAsync(server.Recommendations.RecommendAsync(new()));

        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA_EXCEEDED"), (failure.Code, failure.Reason));
        Assert.InRange(failure.Retry!.RetryDelay.ToTimeSpan().TotalSeconds, 30, 111);
        Assert.Equal(HttpStatusCode.TooManyRequests, (await server.Http.PostAsJsonAsync("/v1/recommend", new { })).StatusCode);
        await AssertIdleAsync(server);
    }

    [Fact]
    public async Task Calls_BesideAFloodOfBulk_AreAnswered()
    {
        await using RunningServer server = await StartAsync(options =>
        {
            options.Admission.MinConcurrency = options.Admission.MaxConcurrency = options.Admission.Threads = 2;
            options.Admission.MaxQueueWait = TimeSpan.FromMinutes(1);
        });
        using var stop = new CancellationTokenSource();
        int streamed = 0;
        Task[] floods = [.. Enumerable.Range(0, 4).Select(_ => FloodAsync())];
        await UntilAsync(() => Volatile.Read(ref streamed) > 100);

        for (int i = 0; i < 300; i++)
            Assert.NotEmpty((await server.Recommendations.RecommendAsync(new() { RecentItemIds = { UnitTests.Towers.SmallWorld.IdOf(i % 40) } })).Items);
        int before = Volatile.Read(ref streamed);
        await UntilAsync(() => Volatile.Read(ref streamed) > before);
        await stop.CancelAsync();
        await Task.WhenAll(floods).WaitAsync(Patience);
        await AssertIdleAsync(server);

        async Task FloodAsync()
        {
            using var call = server.Recommendations.RecommendStream();
            Task reading = Task.Run(async () =>
            {
                while (await call.ResponseStream.MoveNext(CancellationToken.None))
                {
                    Assert.Null(call.ResponseStream.Current.Error);
                    Interlocked.Increment(ref streamed);
                }
            });
            while (!stop.IsCancellationRequested)
                await call.RequestStream.WriteAsync(new() { Request = new() { RecentItemIds = { UnitTests.Towers.SmallWorld.IdOf(1) } } });
            await call.RequestStream.CompleteAsync();
            await reading;
        }
    }

    [Fact]
    public async Task Stream_WithoutQuestions_IsEnded()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Admission.StreamIdleTimeout = TimeSpan.FromSeconds(3));
        using var call = server.Recommendations.RecommendStream();
        await call.RequestStream.WriteAsync(new() { Request = new() });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));

        RpcException end = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(Patience));

        Assert.Equal("STREAM_IDLE", CallFailure.Of(end).Reason);
        await AssertIdleAsync(server);
    }

    [Fact]
    public async Task Call_WhoseMessageTrickles_HoldsNoRoomAndIsCutOff()
    {
        await using RunningServer server = await StartAsync(options => options.Admission.RequestReadTimeout = TimeSpan.FromSeconds(3));
        await using RawHttp2Connection connection = await OpenAsync(new Uri(server.Host.GrpcAddress));
        await connection.SendAsync([.. CallHeaders(1, Recommend), .. RawHttp2Connection.Frame(Data, 0, 1, [0, 0, 0, 0, 100, 1])]);
        await UntilAsync(() => Admission(server).InFlight == 1);
        await UntilAsync(() => Admission(server).Room.InFlight == 0);

        Assert.NotEmpty((await server.Recommendations.RecommendAsync(new())).Items);
        Assert.True(await connection.ReadToEndOfAsync(1, Patience));
        await AssertIdleAsync(server);
    }

    [Fact]
    public async Task Client_ThatDoesNotTakeItsAnswer_IsDisconnected()
    {
        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Connections.MinResponseBytesPerSecond = 1_000_000;
            options.Connections.ResponseGrace = TimeSpan.FromSeconds(1.2);
        });
        await using RawHttp2Connection connection = await OpenAsync(new Uri(server.Host.GrpcAddress));
        // No answer may be sent: the window of streams begins with nothing.
        await connection.SendAsync(RawHttp2Connection.Frame(Settings, 0, 0, [0, 4, 0, 0, 0, 0]));
        await connection.SendAsync([.. CallHeaders(1, Recommend), .. RawHttp2Connection.Frame(Data, EndStream, 1, [0, 0, 0, 0, 0])]);

        await UntilAsync(() => !connection.SendAsync(RawHttp2Connection.Frame(WindowUpdate, 0, 0, [0, 0, 0, 1])).GetAwaiter().GetResult());
        await AssertIdleAsync(server);
    }

    [Fact]
    public async Task Streams_ThatAreResetAtOnce_LeaveNothing()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        await using RawHttp2Connection connection = await OpenAsync(new Uri(server.Host.GrpcAddress));
        for (int stream = 1; stream < 4_000; stream += 2)
        {
            byte[] both = [.. CallHeaders(stream, Recommend), .. RawHttp2Connection.Frame(RstStream, 0, stream, [0, 0, 0, 8])];
            // The transport may close such a connection; that is an answer, too.
            if (!await connection.SendAsync(both))
                break;
        }

        Assert.NotEmpty((await server.Recommendations.RecommendAsync(new())).Items);
        await AssertIdleAsync(server);
    }

    [Fact]
    public async Task Storm_OfCallsThatEndInAllWays_LeavesNothing()
    {
        const int seed = 23, clients = 8, each = 120;
        await using RunningServer server = await StartAsync(options =>
        {
            options.Admission.MaxConcurrency = 3;
            options.Admission.Threads = 2;
            options.Admission.QueueLength = 6;
            options.Admission.MaxQueueWait = TimeSpan.FromMilliseconds(5);
            options.Admission.Overflow = OverflowAnswer.Popularity;
            options.Admission.MaxOverflow = 2;
            options.Admission.RequestReadTimeout = TimeSpan.FromMilliseconds(200);
            options.Admission.ClientMaxConcurrent = 1_000;
        });
        int answered = 0;
        await Task.WhenAll(Enumerable.Range(0, clients).Select(client => Task.Run(async () =>
        {
            var random = new Random(seed + client);
            for (int i = 0; i < each; i++)
                await OneAsync(random);
        }))).WaitAsync(Patience);

        Assert.True(answered > 0, $"seed {seed}");
        await AssertIdleAsync(server);
        Assert.NotEmpty((await server.Recommendations.RecommendAsync(new())).Items);

        async Task OneAsync(Random random)
        {
            try
            {
                var request = new RecommendRequest { RecentItemIds = { UnitTests.Towers.SmallWorld.IdOf(random.Next(40)) }, Limit = random.Next(10) == 0 ? -1 : 5 };
                switch (random.Next(7))
                {
                    case 0:
                        using (var gone = new CancellationTokenSource(TimeSpan.FromMilliseconds(random.NextDouble() * 3)))
                            await server.Recommendations.RecommendAsync(request, cancellationToken: gone.Token);
                        break;
                    case 1:
                        await server.Recommendations.RecommendAsync(request, deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(random.NextDouble() * 5));
                        break;
                    case 2:
                        await using (RawHttp2Connection broken = await OpenAsync(new Uri(server.Host.GrpcAddress)))
                            await broken.SendAsync([.. CallHeaders(1, Recommend), .. RawHttp2Connection.Frame(Data, random.Next(2) == 0 ? EndStream : (byte)0, 1, [0, 0, 0, 0, (byte)random.Next(2)])]);
                        break;
                    case 3:
                        using (var call = server.Recommendations.RecommendStream())
                        {
                            for (int element = random.Next(20); element > 0; element--)
                                await call.RequestStream.WriteAsync(new() { Request = request });
                            if (random.Next(2) == 0)
                                await call.RequestStream.CompleteAsync();
                            if (random.Next(2) == 0)
                                await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(1));
                        }

                        break;
                    case 4:
                        using (HttpResponseMessage response = await server.Http.PostAsync("/v1/recommend", new StringContent("""{"limit":3}""", Encoding.UTF8, "application/json")))
                            _ = await response.Content.ReadAsStringAsync();
                        break;
                    default:
                        await server.Recommendations.RecommendAsync(request);
                        Interlocked.Increment(ref answered);
                        break;
                }
            }
            catch (Exception e) when (e is RpcException or OperationCanceledException or TimeoutException or HttpRequestException or InvalidOperationException)
            {
                // What callers are told is other tests' matter.
            }
        }
    }

    private static CallAdmission Admission(RunningServer server) => server.Host.Services.GetRequiredService<CallAdmission>();

    /// <summary>A server with one place.</summary>
    private static Task<RunningServer> StartAsync(Action<Inference.Server.Options.InferenceOptions> configure) => RunningServer.StartAsync(options =>
    {
        options.Admission.MinConcurrency = options.Admission.MaxConcurrency = options.Admission.Threads = 1;
        configure(options);
    });

    private static Waiter TakeAll(RunningServer server)
    {
        var work = new Waiter();
        Assert.True(Admission(server).Room.TryEnter(work));
        return work;
    }

    private static async Task AssertIdleAsync(RunningServer server) =>
        await UntilAsync(() => Admission(server).InFlight == 0 && Admission(server).Room is { InFlight: 0, Computing: 0, Waiting: (0, 0) });

    private static async Task UntilAsync(Func<bool> isTrue)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!isTrue())
            await Task.Delay(5, limit.Token);
    }
}
