using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Inference.Protocol.Access;
using Inference.Server.Entry;
using Inference.Server.Failures;
using Inference.Server.Options;
using Inference.Server.Security;
using Inference.Server.Services;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Security;

[SuppressMessage("Reliability", "CA2012", Justification = "What is asserted is that they are there at once.")]
public sealed class CallerCheckTests : IDisposable
{
    private readonly string _file = Path.Combine(Path.GetTempPath(), $"clients-{Guid.NewGuid():N}.json");
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly string _key = ApiKey.Create();

    public void Dispose()
    {
        File.Delete(_file);
        _services.Dispose();
    }

    [Fact]
    public void CheckAsync_WhereNothingIsConfigured_LetsEverybodyInAndKeepsNothing()
    {
        CallerCheck check = Make(new InferenceOptions());
        var http = new DefaultHttpContext();
        http.Request.Headers.Authorization = "Bearer whatever";

        Assert.True(check.IsOpen);
        Assert.All(ServedServices.MethodPaths(), path => Assert.Null(Now(check.CheckAsync(http, MethodRules.Find(path)!))));
        Assert.Same(Caller.Anybody, Caller.Of(http));
    }

    [Theory]
    [InlineData("auto", Roles.None)]
    [InlineData("none", Roles.None)]
    [InlineData("all", Roles.All)]
    [InlineData("serve, events", Roles.Serve | Roles.Events)]
    internal void CheckAsync_WithoutCredentials_GivesTheRolesOfTheAnonymous(string anonymous, Roles roles)
    {
        CallerCheck check = Make(Configured(anonymous));

        foreach (Roles role in (Roles[])[Roles.Serve, Roles.Events, Roles.Catalogue, Roles.Admin])
            Assert.Equal((roles & role) == 0 ? "CREDENTIALS_MISSING" : null, Now(check.CheckAsync(new DefaultHttpContext(), role))?.Reason);
    }

    [Fact]
    public void CheckAsync_WithABadKey_RefusesWhatTheAnonymousMay()
    {
        CallerCheck check = Make(Configured("all"));
        var http = new DefaultHttpContext();
        http.Request.Headers["x-api-key"] = ApiKey.Create();

        Assert.Equal("CREDENTIALS_INVALID", Now(check.CheckAsync(http, Roles.Serve))?.Reason);
    }

    [Fact]
    public void CheckAsync_OfAKnownKey_AllocatesNothing()
    {
        CallerCheck check = Make(Configured("auto"));
        MethodRule rule = MethodRules.Find("/recsys.v1.RecommendationService/Recommend")!;
        var http = new DefaultHttpContext();
        http.Request.Headers["x-api-key"] = _key;
        Failure? refused = Now(check.CheckAsync(http, rule));
        Assert.Null(refused);
        for (int i = 0; i < 200; i++)
            _ = Now(check.CheckAsync(http, rule));

        Assert.Equal(0, Allocated.Least(() =>
        {
            for (int i = 0; i < 1000; i++)
                _ = Now(check.CheckAsync(http, rule));
        }));
        Assert.Equal("web", Caller.Of(http).Name);
    }

    /// <summary>The answer, which needs no waiting.</summary>
    private static Failure? Now(ValueTask<Failure?> check) => check.IsCompletedSuccessfully ? check.Result : throw new InvalidOperationException("It is not there at once.");

    private InferenceOptions Configured(string anonymous)
    {
        File.WriteAllText(_file, $$"""{ "clients": [ { "name": "web", "roles": ["serve"], "keys": [ { "id": "{{_key.AsSpan(4, ApiKey.IdLength)}}", "sha256": "{{ApiKey.HashText(_key)}}" } ] } ] }""");
        var options = new InferenceOptions();
        (options.Security.ClientsFile, options.Security.Anonymous) = (_file, anonymous);
        return options;
    }

    private CallerCheck Make(InferenceOptions options) => new(
        options, new ServedClients(options.Security, TimeProvider.System, NullLogger<ServedClients>.Instance), TimeProvider.System,
        new SecurityMetrics(_services.GetRequiredService<IMeterFactory>(), TimeProvider.System));
}
