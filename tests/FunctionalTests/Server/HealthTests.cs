using Grpc.Core;
using Grpc.Health.V1;
using Xunit;
using static Grpc.Health.V1.HealthCheckResponse.Types;

namespace FunctionalTests.Server;

[Collection(nameof(SharedServer))]
public class HealthTests(SharedServer shared)
{
    private readonly Health.HealthClient _client = new(shared.Server.Channel);

    [Theory]
    [InlineData("")]
    [InlineData("recsys.v1.RecommendationService")]
    [InlineData("recsys.v1.ModelService")]
    [InlineData("grpc.health.v1.Health")]
    [InlineData("inference.GRPCInferenceService")]
    public async Task Check_OfAService_IsServing(string service) =>
        Assert.Equal(ServingStatus.Serving, (await _client.CheckAsync(new HealthCheckRequest { Service = service })).Status);

    [Fact]
    public async Task Check_OfAnUnknownService_IsNotFound() =>
        Assert.Equal(StatusCode.NotFound, (await RunningServer.FailAsync(_client.CheckAsync(new HealthCheckRequest { Service = "nothing" }))).Code);

    [Fact]
    public async Task Watch_OfAnUnknownService_SaysSoAndStaysOpen()
    {
        using var call = _client.Watch(new HealthCheckRequest { Service = "nothing" });

        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(ServingStatus.ServiceUnknown, call.ResponseStream.Current.Status);
        Task<bool> next = call.ResponseStream.MoveNext(CancellationToken.None);
        Assert.NotSame(next, await Task.WhenAny(next, Task.Delay(TimeSpan.FromMilliseconds(200))));
    }
}
