using FunctionalTests.Grpc;
using Grpc.Core;
using Xunit;
using static FunctionalTests.Grpc.GrpcExchange;

namespace FunctionalTests.Compat.Grpc;

/// <summary>
/// Promises of the stand-in that the specification does not ask for: grpc-dotnet may send a whole or half a reply before it says that the deadline has passed.
/// </summary>
public sealed class DeadlineRaceTests : IAsyncLifetime
{
    private GrpcHost _host = null!;

    public async Task InitializeAsync() => _host = await GrpcHost.StartAsync();

    public async Task DisposeAsync() => await _host.DisposeAsync();

    [Fact]
    public async Task Deadline_RacingWithHandlers_EndsEveryCallOnceWithOneOfTwoStatuses()
    {
        const int Seed = 20_240_607;
        var random = new Random(Seed);
        var (ended, started) = (0, 0);
        _host.Behavior.Unary = async (request, context) =>
        {
            Interlocked.Increment(ref started);
            try
            {
                await Task.Delay(request.Value[0], request.Value[1] == 0 ? context.CancellationToken : CancellationToken.None);
                return request;
            }
            finally
            {
                Interlocked.Increment(ref ended);
            }
        };

        var counts = new int[2];
        await Parallel.ForEachAsync(
            Enumerable.Range(0, 1_500).Select(_ => (Work: (byte)random.Next(0, 8), Heeds: (byte)random.Next(2), Timeout: random.Next(1, 8))),
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            async (shape, _) =>
            {
                var reply = await _host.CallAsync("Unary", ProbeFrame(shape.Work, shape.Heeds), ("grpc-timeout", $"{shape.Timeout}m"));
                Assert.True(reply.Status is StatusCode.OK or StatusCode.DeadlineExceeded, $"seed {Seed}: {reply.Status} {reply.Detail}");
                Assert.Equal(reply.Status == StatusCode.OK ? 1 : 0, reply.Messages.Count);
                Interlocked.Increment(ref counts[reply.Status == StatusCode.OK ? 0 : 1]);
            });

        await _host.AssertIdleAsync();
        Assert.Equal(started, ended);
        Assert.True(counts[1] > 0, $"seed {Seed}: no deadline passed");
    }
}
