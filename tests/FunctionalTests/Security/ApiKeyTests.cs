using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using FunctionalTests.Server;
using Grpc.Core;
using Inference.Protocol.Access;
using Inference.Server.Security;
using Microsoft.Extensions.DependencyInjection;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>Callers with API keys, over gRPC and as JSON.</summary>
public sealed class ApiKeyTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("clients-").FullName;
    private readonly string _serve = ApiKey.Create(), _events = ApiKey.Create(), _catalogue = ApiKey.Create(), _admin = ApiKey.Create(), _expired = ApiKey.Create();
    private RunningServer _server = null!;

    private string File => Path.Combine(_folder, "clients.json");

    public async Task InitializeAsync()
    {
        await System.IO.File.WriteAllTextAsync(File, Text());
        _server = await RunningServer.StartAsync(options =>
        {
            options.Security.ClientsFile = File;
            options.Security.ReloadInterval = TimeSpan.Zero;
            options.Security.MetricsRole = "admin";
        });
    }

    public async Task DisposeAsync()
    {
        await _server.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Methods_AreOpenToTheirRoleAlone()
    {
        (string Role, string Key)[] callers = [("serve", _serve), ("events", _events), ("catalogue", _catalogue), ("admin", _admin)];
        (string Role, Func<CallOptions, Task> Call, string Path, string Body)[] methods =
        [
            ("serve", async options => await _server.Recommendations.RecommendAsync(new RecommendRequest(), options), "/v1/recommend", "{}"),
            ("events", async options => await new EventService.EventServiceClient(_server.Channel).RecordEventsAsync(Event(), options), "/v1/record-events", """{"events":[{"user_id":"u1","type":"EVENT_TYPE_CLICK","item_id":"i1"}]}"""),
            ("catalogue", async options => await new CatalogService.CatalogServiceClient(_server.Channel).DeleteItemsAsync(new DeleteItemsRequest { ItemIds = { "nobody" } }, options), "/v1/delete-items", """{"item_ids":["nobody"]}"""),
            ("admin", async options => await new ModelService.ModelServiceClient(_server.Channel).StatusAsync(new StatusRequest(), options), "/v1/model-status", "{}"),
        ];
        foreach ((string role, Func<CallOptions, Task> call, string path, string body) in methods)
        {
            foreach ((string has, string key) in callers)
            {
                Exception? thrown = await Record.ExceptionAsync(() => call(With("x-api-key", key)));
                (HttpStatusCode status, JsonElement problem) = await PostAsync(path, body, "x-api-key", key);
                if (has == role)
                {
                    Assert.Null(thrown);
                    Assert.Equal(HttpStatusCode.OK, status);
                    continue;
                }

                CallFailure failure = CallFailure.Of(Assert.IsType<RpcException>(thrown));
                Assert.Equal((StatusCode.PermissionDenied, "ROLE_MISSING"), (failure.Code, failure.Reason));
                Assert.Contains($"'{role}'", failure.Message, StringComparison.Ordinal);
                Assert.Equal((HttpStatusCode.Forbidden, "ROLE_MISSING"), (status, problem.GetProperty("reason").GetString()));
            }
        }
    }

    [Fact]
    public async Task Credentials_ThatAreNotGood_AreAllRefusedAlike()
    {
        string otherId = ApiKey.Create(), otherSecret = string.Concat(_serve.AsSpan(0, 17), ApiKey.Create().AsSpan(17));
        (string Header, string Value)[] bad =
        [
            ("x-api-key", otherId), ("x-api-key", otherSecret), ("x-api-key", _expired), ("x-api-key", _serve + "x"), ("x-api-key", _serve[..^1]), ("x-api-key", "x"),
            ("x-api-key", $"Bearer {_serve}"), ("authorization", _serve), ("authorization", $"Basic {Convert.ToBase64String(Encoding.UTF8.GetBytes(_serve))}"), ("authorization", "Bearer a.b.c"), ("authorization", "Bearer "),
        ];

        foreach ((string header, string value) in bad)
        {
            CallFailure failure = CallFailure.Of(await Assert.ThrowsAsync<RpcException>(async () => await _server.Recommendations.RecommendAsync(new RecommendRequest(), With(header, value))));
            (HttpStatusCode status, JsonElement problem) = await PostAsync("/v1/recommend", "{}", header, value);

            Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_INVALID", "The credentials are not accepted."), (failure.Code, failure.Reason, failure.Message));
            Assert.Equal((HttpStatusCode.Unauthorized, "The credentials are not accepted."), (status, problem.GetProperty("detail").GetString()));
        }
    }

    [Fact]
    public async Task Call_WithoutCredentials_IsToldWhatItNeeds()
    {
        CallFailure failure = await RunningServer.FailAsync(_server.Recommendations.RecommendAsync(new RecommendRequest()));
        using HttpResponseMessage response = await _server.Http.PostAsync("/v1/recommend", new StringContent("{}", Encoding.UTF8, "application/json"));

        Assert.Equal((StatusCode.Unauthenticated, "CREDENTIALS_MISSING"), (failure.Code, failure.Reason));
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).Scheme);
    }

    [Fact]
    public async Task Call_WithAKeyAsBearer_IsLetIn() =>
        Assert.Equal(10, (await _server.Recommendations.RecommendAsync(new RecommendRequest(), With("authorization", $"Bearer {_serve}"))).Items.Count);

    [Fact]
    public async Task Call_WithTwoCredentials_IsRefused()
    {
        var two = new Metadata { { "x-api-key", _serve }, { "authorization", $"Bearer {_serve}" } };

        Assert.Equal("CREDENTIALS_INVALID", (await RunningServer.FailAsync(_server.Recommendations.RecommendAsync(new RecommendRequest(), two))).Reason);
    }

    [Fact]
    public async Task Stream_WithoutTheRole_EndsBeforeItBegins()
    {
        using AsyncDuplexStreamingCall<RecommendStreamRequest, RecommendStreamResponse> call = _server.Recommendations.RecommendStream(With("x-api-key", _events));

        RpcException refused = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(CancellationToken.None));

        Assert.Equal(StatusCode.PermissionDenied, refused.StatusCode);
    }

    [Fact]
    public async Task HealthAndProbes_NeedNoCredentials()
    {
        Assert.Equal("ready\n", await _server.Http.GetStringAsync("/readyz"));
        Assert.Equal(
            global::Grpc.Health.V1.HealthCheckResponse.Types.ServingStatus.Serving,
            (await new global::Grpc.Health.V1.Health.HealthClient(_server.Channel).CheckAsync(new global::Grpc.Health.V1.HealthCheckRequest())).Status);
    }

    [Fact]
    public async Task Metrics_AskForTheirRole()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, (await _server.Http.GetAsync("/metrics")).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await GetAsync("/metrics", _serve)).StatusCode);
        HttpResponseMessage metrics = await GetAsync("/metrics", _admin);
        Assert.Contains("recsys_auth_refusals_total", await metrics.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ThatChanges_TakesEffectAndABrokenOneDoesNot()
    {
        ServedClients clients = _server.Host.Services.GetRequiredService<ServedClients>();
        string rotated = ApiKey.Create();
        await System.IO.File.WriteAllTextAsync(File, ClientsText.Of(ClientsText.Client("web", rotated, null, "serve")));
        Assert.True(clients.Look());

        Assert.Equal(10, (await _server.Recommendations.RecommendAsync(new RecommendRequest(), With("x-api-key", rotated))).Items.Count);
        Assert.Equal("CREDENTIALS_INVALID", (await RunningServer.FailAsync(_server.Recommendations.RecommendAsync(new RecommendRequest(), With("x-api-key", _serve)))).Reason);

        await System.IO.File.WriteAllTextAsync(File, """{ "clients": [ { "name": "web", "roles": ["root"] } ] }""");
        Assert.False(clients.Look());
        System.IO.File.Delete(File);
        Assert.False(clients.Look());

        Assert.Equal(10, (await _server.Recommendations.RecommendAsync(new RecommendRequest(), With("x-api-key", rotated))).Items.Count);
    }

    [Fact]
    public async Task Quota_OfAClient_LimitsItAndNobodyElse()
    {
        string few = ApiKey.Create(), many = ApiKey.Create();
        object limited = ClientsText.Limited("few", few, requestsPerSecond: 0.01, burst: 2, "serve");
        await System.IO.File.WriteAllTextAsync(File, ClientsText.Of(limited, ClientsText.Client("many", many, null, "serve")));
        Assert.True(_server.Host.Services.GetRequiredService<ServedClients>().Look());
        for (int i = 0; i < 2; i++)
            await _server.Recommendations.RecommendAsync(new RecommendRequest(), With("x-api-key", few));

        CallFailure beyond = await RunningServer.FailAsync(_server.Recommendations.RecommendAsync(new RecommendRequest(), With("x-api-key", few)));
        (HttpStatusCode status, JsonElement problem) = await PostAsync("/v1/recommend", "{}", "x-api-key", few);

        Assert.Equal((StatusCode.ResourceExhausted, "QUOTA_EXCEEDED"), (beyond.Code, beyond.Reason));
        Assert.InRange(beyond.Retry!.RetryDelay.ToTimeSpan().TotalSeconds, 30, 111);
        Assert.Equal((HttpStatusCode.TooManyRequests, "QUOTA_EXCEEDED"), (status, problem.GetProperty("reason").GetString()));
        for (int i = 0; i < 10; i++)
            await _server.Recommendations.RecommendAsync(new RecommendRequest(), With("x-api-key", many));
    }

    private string Text() => ClientsText.Of(
        ClientsText.Client("web", _serve, null, "serve"),
        ClientsText.Client("tracker", _events, TimeProvider.System.GetUtcNow().AddDays(1), "events"),
        ClientsText.Client("shop", _catalogue, null, "catalogue"),
        ClientsText.Client("operator", _admin, null, "admin"),
        ClientsText.Client("former", _expired, TimeProvider.System.GetUtcNow().AddSeconds(-1), "serve", "events", "catalogue", "admin"));

    private static RecordEventsRequest Event() => new() { Events = { new Event { UserId = "u1", ItemId = "i1", Type = EventType.Click } } };

    private static CallOptions With(string header, string value) => new(new Metadata { { header, value } });

    private async Task<HttpResponseMessage> GetAsync(string path, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return await _server.Http.SendAsync(request);
    }

    private async Task<(HttpStatusCode Status, JsonElement Body)> PostAsync(string path, string body, string header, string value)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(header, value);
        using HttpResponseMessage response = await _server.Http.SendAsync(request);
        using JsonDocument json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return (response.StatusCode, json.RootElement.Clone());
    }
}
