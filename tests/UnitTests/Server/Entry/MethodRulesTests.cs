using Inference.Server.Entry;
using Inference.Server.Services;
using Xunit;

namespace UnitTests.Server.Entry;

public sealed class MethodRulesTests
{
    [Fact]
    public void Find_OfEveryMethodThatIsServed_SaysWhatItAsks()
    {
        Assert.All(ServedServices.MethodPaths(), path => Assert.Equal(path, MethodRules.Find(path)?.Path));
        Assert.Null(MethodRules.Find("/recsys.v1.ModelService/Reboot"));
    }

    [Theory]
    [InlineData("/recsys.v1.RecommendationService/Recommend", Roles.Serve, CallClass.Interactive)]
    [InlineData("/recsys.v1.RecommendationService/RecommendStream", Roles.Serve, CallClass.Bulk)]
    [InlineData("/recsys.v1.EventService/ForgetUser", Roles.Events, CallClass.Interactive)]
    [InlineData("/recsys.v1.CatalogService/DeleteItems", Roles.Catalogue, CallClass.Bulk)]
    [InlineData("/recsys.v1.CatalogService/GetItem", Roles.Serve, CallClass.Interactive)]
    [InlineData("/recsys.v1.ModelService/Status", Roles.Admin, CallClass.Control)]
    [InlineData("/recsys.v1.StateService/GetUser", Roles.Admin, CallClass.Control)]
    [InlineData("/inference.GRPCInferenceService/ModelInfer", Roles.Serve, CallClass.Interactive)]
    [InlineData("/grpc.health.v1.Health/Watch", Roles.None, CallClass.Control)]
    [InlineData("/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", Roles.None, CallClass.Control)]
    internal void Find_OfAMethod_TellsItsRoleAndUrgency(string path, Roles role, CallClass kind)
    {
        MethodRule rule = MethodRules.Find(path)!;

        Assert.Equal((role, kind), (rule.Role, rule.Class));
    }
}
