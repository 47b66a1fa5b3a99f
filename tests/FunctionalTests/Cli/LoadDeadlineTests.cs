using System.Collections.Concurrent;
using System.Text.Json;
using FunctionalTests.Grpc;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Recsys.V1;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>What a server is told by `load`, which acts on no deadline itself.</summary>
public sealed class LoadDeadlineTests
{
    [Fact]
    public async Task Load_TellsTheServerItsDeadline_AndCountsWhatComesLaterAsNone()
    {
        var service = new LateService();
        await using GrpcHost host = await GrpcHost.StartAsync(
            services: services => services.AddSingleton(service), map: static app => app.MapGrpcService<LateService>());

        CliRun run = await CliRun.Of(
            "load", "--address", host.Address.AbsoluteUri, "--rps", "40", "--duration", "500ms", "--warmup", "0", "--arrivals", "constant", "--users", "10", "--deadline", "400ms", "--json", "-");

        Assert.All(service.Left, left => Assert.InRange(left.TotalMilliseconds, 1, 400));
        Assert.Contains(service.Left, left => left.TotalMilliseconds > 200);
        using JsonDocument report = JsonDocument.Parse(run.Output);
        Assert.Equal(20, report.RootElement.GetProperty("offered").GetInt32());
        Assert.Equal(20, report.RootElement.GetProperty("errors").GetProperty("DeadlineExceeded").GetInt32());
        // The answers came, by a server that took its time, and no call was given up: nothing was cancelled before its deadline had passed.
        Assert.Equal(20, service.Left.Count);
        Assert.Equal(0, service.CancelledEarly);
    }

    /// <summary>Answers each call just after the deadline that it was told.</summary>
    private sealed class LateService : RecommendationService.RecommendationServiceBase
    {
        private int _cancelledEarly;

        /// <summary>How much of its time each call had left when it came.</summary>
        public ConcurrentBag<TimeSpan> Left { get; } = [];

        public int CancelledEarly => _cancelledEarly;

        public override async Task<RecommendResponse> Recommend(RecommendRequest request, ServerCallContext context)
        {
            TimeSpan left = context.Deadline - TimeProvider.System.GetUtcNow().UtcDateTime;
            // The tool asks once whether anybody is there, and gives that longer.
            if (left > TimeSpan.FromSeconds(5))
                return new RecommendResponse();
            Left.Add(left);
            try
            {
                await Task.Delay(TimeSpan.FromSeconds(30), context.CancellationToken);
            }
            catch (OperationCanceledException) when (TimeProvider.System.GetUtcNow().UtcDateTime < context.Deadline - TimeSpan.FromMilliseconds(20))
            {
                Interlocked.Increment(ref _cancelledEarly);
                throw;
            }

            return new RecommendResponse();
        }
    }
}
