using System.Net;
using Grpc.Core;
using Grpc.Health.V1;
using Microsoft.Extensions.DependencyInjection;
using Recsys.V1;
using Xunit;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace FunctionalTests.Server;

public class DrainTests
{
    [Fact]
    public async Task StopAsync_WithAWatcher_TellsItNotServingBeforeItEnds()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var watch = new Health.HealthClient(server.Channel).Watch(new HealthCheckRequest());
        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(ServingStatus.Serving, watch.ResponseStream.Current.Status);

        Task stopping = server.Host.StopAsync();

        Assert.True(await watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(ServingStatus.NotServing, watch.ResponseStream.Current.Status);
        RpcException end = await Assert.ThrowsAsync<RpcException>(() => watch.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal(StatusCode.Unavailable, end.StatusCode);
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task StopAsync_WithinTheReadinessGrace_StillAnswersButIsNotReady()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.ReadinessGrace = TimeSpan.FromSeconds(6));

        Task stopping = server.Host.StopAsync();
        HttpResponseMessage ready = await server.Http.GetAsync("/readyz");
        for (int attempt = 0; ready.StatusCode == HttpStatusCode.OK && attempt < 50; attempt++)
        {
            await Task.Delay(20);
            ready = await server.Http.GetAsync("/readyz");
        }

        Assert.Equal(HttpStatusCode.ServiceUnavailable, ready.StatusCode);
        Assert.Equal("stopping\n", await ready.Content.ReadAsStringAsync());
        Assert.Equal("ok\n", await server.Http.GetStringAsync("/healthz"));
        Assert.Equal(ServingStatus.NotServing, (await new Health.HealthClient(server.Channel).CheckAsync(new HealthCheckRequest())).Status);
        Assert.Equal(10, (await server.Recommendations.RecommendAsync(new RecommendRequest())).Items.Count);
        Assert.False(stopping.IsCompleted);
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task StopAsync_WithAStreamInFlight_LetsItFinish()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        using var call = server.Recommendations.RecommendStream();
        await call.RequestStream.WriteAsync(new() { Request = new() { RequestId = "before" } });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Task stopping = server.Host.StopAsync();
        await server.Host.Services.GetRequiredService<Microsoft.Extensions.Hosting.IHostApplicationLifetime>().ApplicationStopping.WaitAsync();
        await call.RequestStream.WriteAsync(new() { Request = new() { RequestId = "during" } });
        await call.RequestStream.CompleteAsync();

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        Assert.Equal("during", call.ResponseStream.Current.Response.RequestId);
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task StopAsync_InTheMiddleOfAStream_AnswersWhatWasBegunAndThenSaysUnavailable()
    {
        // A fifth of it is left to read why the stream ended before the connection is cut off.
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.DrainTime = TimeSpan.FromSeconds(8));
        using var call = server.Recommendations.RecommendStream();
        using var enough = new CancellationTokenSource();
        Task writing = WriteAsync();
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Task stopping = server.Host.StopAsync();
        // Whoever writes into a connection that is being closed may be told of the broken pipe before he has read why.
        await enough.CancelAsync();
        int answered = 1;
        RpcException end = await Assert.ThrowsAsync<RpcException>(async () =>
        {
            for (; await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)); answered++)
            {
                Assert.Equal($"{answered}", call.ResponseStream.Current.Cursor);
                Assert.NotEmpty(call.ResponseStream.Current.Response.Items);
            }
        });

        Assert.Equal("SERVER_STOPPING", CallFailure.Of(end).Reason);
        await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));

        async Task WriteAsync()
        {
            for (int i = 0; !enough.IsCancellationRequested; i++)
                await call.RequestStream.WriteAsync(new() { Cursor = $"{i}", Request = new() { Limit = 2 } });
        }
    }

    [Fact]
    public async Task StopAsync_WithAStreamThatNeverEnds_EndsItCleanlyWithinTheDrainTime()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => options.Server.DrainTime = TimeSpan.FromSeconds(6));
        using var call = server.Recommendations.RecommendStream();
        await call.RequestStream.WriteAsync(new() { Request = new() });
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Task stopping = server.Host.StopAsync();
        RpcException end = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30)));

        Assert.Equal("SERVER_STOPPING", CallFailure.Of(end).Reason);
        await stopping.WaitAsync(TimeSpan.FromSeconds(60));
    }
}

internal static class TokenExtensions
{
    public static Task WaitAsync(this CancellationToken token)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(source.SetResult);
        return source.Task;
    }
}
