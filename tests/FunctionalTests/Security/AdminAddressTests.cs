using System.Net;
using System.Text;
using FunctionalTests.Server;
using Grpc.Core;
using Grpc.Net.Client;
using Inference.Server.Options;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>Where the services of operators are, and where they are not.</summary>
public sealed class AdminAddressTests
{
    [Fact]
    public async Task Operators_OnAPublicAddress_FindNothing()
    {
        await using RunningServer server = await RunningServer.StartAsync(options =>
        {
            options.Server.GrpcAddress = options.Server.HttpAddress = "0.0.0.0:0";
            options.Server.AdminAddress = "127.0.0.1:0";
        });
        using GrpcChannel admin = GrpcChannel.ForAddress(server.Host.AdminAddress!);

        Assert.Equal(10, (await server.Recommendations.RecommendAsync(new RecommendRequest())).Items.Count);
        foreach (CallFailure refused in new[]
        {
            await RunningServer.FailAsync(new ModelService.ModelServiceClient(server.Channel).StatusAsync(new StatusRequest())),
            await RunningServer.FailAsync(new StateService.StateServiceClient(server.Channel).GetUserAsync(new GetUserRequest { UserId = "u" })),
        })
            Assert.Equal((StatusCode.Unimplemented, "NOT_SERVED_HERE"), (refused.Code, refused.Reason));
        using HttpResponseMessage http = await server.Http.PostAsync("/v1/get-user", new StringContent("""{"user_id":"u"}""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.NotFound, http.StatusCode);
        Assert.Equal("small/1", (await new ModelService.ModelServiceClient(admin).StatusAsync(new StatusRequest())).Active.Version);
        Assert.Equal(10, (await new RecommendationService.RecommendationServiceClient(admin).RecommendAsync(new RecommendRequest())).Items.Count);
    }

    [Theory]
    [InlineData("127.0.0.1:0", AdminServices.Auto, true, false)]
    [InlineData("127.0.0.1:0", AdminServices.AdminOnly, false, true)]
    [InlineData("127.0.0.1:0", AdminServices.Everywhere, true, false)]
    [InlineData("0.0.0.0:0", AdminServices.Everywhere, true, false)]
    [InlineData("0.0.0.0:0", AdminServices.Auto, false, true)]
    public async Task Operators_AreServedWhereTheOptionsSay(string address, AdminServices where, bool onGrpc, bool onTheirOwn)
    {
        await using RunningServer server = await RunningServer.StartAsync(options =>
            (options.Server.GrpcAddress, options.Server.AdminServices, options.Server.AdminAddress) = (address, where, "127.0.0.1:0"));

        Assert.Equal(onTheirOwn, server.Host.AdminAddress is not null);
        Exception? failure = await Record.ExceptionAsync(async () => await new ModelService.ModelServiceClient(server.Channel).StatusAsync(new StatusRequest()));
        Assert.Equal(onGrpc, failure is null);
    }

    [Fact]
    public async Task Operators_WithoutAnAddress_AreServedNowhere()
    {
        await using RunningServer server = await RunningServer.StartAsync(options => (options.Server.GrpcAddress, options.Server.AdminAddress) = ("0.0.0.0:0", ""));

        Assert.Null(server.Host.AdminAddress);
        Assert.Equal(StatusCode.Unimplemented, (await RunningServer.FailAsync(new ModelService.ModelServiceClient(server.Channel).StatusAsync(new StatusRequest()))).Code);
    }
}
