using System.Text;
using System.Text.Json;
using FunctionalTests.Server;
using Grpc.Core;
using Inference.Protocol.Access;
using Inference.Server.Options;
using Recsys.V1;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>Who changed what, in a file.</summary>
public sealed class AuditTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("audit-").FullName;
    private readonly string _operator = ApiKey.Create(), _web = ApiKey.Create();

    private string File => Path.Combine(_folder, "audit.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Calls_OfOperators_AreRecordedWithWhoWhatAndOutcome()
    {
        await using RunningServer server = await StartAsync();
        var models = new ModelService.ModelServiceClient(server.Channel);
        await models.ListVersionsAsync(new ListVersionsRequest(), With(_operator));
        await RunningServer.FailAsync(models.ActivateAsync(new ActivateRequest { Version = "small/9" }, With(_operator)));
        await RunningServer.FailAsync(models.RollbackAsync(new RollbackRequest(), With(_web)));
        await RunningServer.FailAsync(models.StatusAsync(new StatusRequest()));
        await new EventService.EventServiceClient(server.Channel).ForgetUserAsync(new ForgetUserRequest { UserId = "somebody-real" }, With(_web));
        using (var request = new HttpRequestMessage(HttpMethod.Post, "/v1/delete-items") { Content = new StringContent("""{"item_ids":["secret-item","i2"]}""", Encoding.UTF8, "application/json"), Headers = { { "x-api-key", _operator } } })
            (await server.Http.SendAsync(request)).EnsureSuccessStatusCode();
        await server.Recommendations.RecommendAsync(new RecommendRequest(), With(_web));

        string text = await ReadAsync();
        JsonElement[] records = Lines(text);
        Assert.Equal(
            [
                ("recsys.v1.ModelService/ListVersions", "operator", "OK", ""), ("recsys.v1.ModelService/Activate", "operator", "NOT_FOUND", "UNKNOWN_VERSION"),
                ("recsys.v1.ModelService/Rollback", "web", "PERMISSION_DENIED", "ROLE_MISSING"), ("recsys.v1.ModelService/Status", "anonymous", "UNAUTHENTICATED", "CREDENTIALS_MISSING"),
                ("recsys.v1.EventService/ForgetUser", "web", "OK", ""), ("recsys.v1.CatalogService/DeleteItems", "operator", "OK", ""),
            ],
            records.Select(record => (Text(record, "method"), Text(record, "caller"), Text(record, "outcome"), Text(record, "reason"))));
        Assert.Equal("small/9", records[1].GetProperty("target").GetProperty("version").GetString());
        Assert.Equal("2", records[5].GetProperty("target").GetProperty("items").GetString());
        Assert.Equal(22, records[4].GetProperty("target").GetProperty("user").GetString()!.Length);
        Assert.All(records[..3], record => Assert.StartsWith("key:", Text(record, "credential"), StringComparison.Ordinal));
        Assert.All(records, record => Assert.StartsWith("ipv4:127.0.0.1:", Text(record, "peer"), StringComparison.Ordinal));
        Assert.All((string[])["somebody-real", "secret-item", _operator, _web, ApiKey.HashText(_operator)], secret => Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task File_ThatCannotBeWritten_RefusesOperatorsWhereThatIsAsked()
    {
        await using RunningServer server = await StartAsync(options => options.Audit.RefuseWhenBroken = true);
        var models = new ModelService.ModelServiceClient(server.Channel);
        await models.StatusAsync(new StatusRequest(), With(_operator));
        System.IO.File.Delete(File);
        Directory.CreateDirectory(File);

        CallFailure refused = await RunningServer.FailAsync(models.StatusAsync(new StatusRequest(), With(_operator)));
        await new EventService.EventServiceClient(server.Channel).ForgetUserAsync(new ForgetUserRequest { UserId = "u" }, With(_web));

        Assert.Equal((StatusCode.Unavailable, "AUDIT_UNAVAILABLE"), (refused.Code, refused.Reason));
        Assert.Matches("recsys_audit_lost_total(\\{[^}]*\\})? 1", await server.Http.GetStringAsync("/metrics"));
        Directory.Delete(File);
        await models.StatusAsync(new StatusRequest(), With(_operator));
        Assert.Contains("ModelService/Status", await ReadAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_ThatIsFull_IsPutAside()
    {
        await using RunningServer server = await StartAsync(options => (options.Audit.MaxFileBytes, options.Audit.MaxFiles) = (4096, 2));
        var models = new ModelService.ModelServiceClient(server.Channel);
        for (int i = 0; i < 100; i++)
            await models.ListVersionsAsync(new ListVersionsRequest(), With(_operator));

        Assert.Equal(["audit.jsonl", "audit.jsonl.1", "audit.jsonl.2"], Directory.GetFiles(_folder, "audit*").Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(Directory.GetFiles(_folder, "audit*"), file => Assert.InRange(new FileInfo(file).Length, 1, 4096));
        Assert.All(Lines(await System.IO.File.ReadAllTextAsync(File + ".1")), record => Assert.Equal("OK", Text(record, "outcome")));
    }

    [Fact]
    public async Task Callers_WhoAreRefusedAllTheTime_DoNotFillTheFile()
    {
        await using RunningServer server = await StartAsync();
        var models = new ModelService.ModelServiceClient(server.Channel);
        for (int i = 0; i < 200; i++)
            await RunningServer.FailAsync(models.StatusAsync(new StatusRequest()));

        // Two minutes can be touched, on a machine that is busy.
        Assert.InRange(Lines(await ReadAsync()).Length, 60, 122);
    }

    private async Task<RunningServer> StartAsync(Action<InferenceOptions>? configure = null)
    {
        string clients = Path.Combine(_folder, "clients.json");
        await System.IO.File.WriteAllTextAsync(clients, ClientsText.Of(
            ClientsText.Client("operator", _operator, null, "serve", "events", "catalogue", "admin"), ClientsText.Client("web", _web, null, "serve", "events")));
        return await RunningServer.StartAsync(options =>
        {
            options.Security.ClientsFile = clients;
            options.Audit.File = File;
            configure?.Invoke(options);
        });
    }

    private static Metadata With(string key) => new() { { "x-api-key", key } };

    private async Task<string> ReadAsync()
    {
        await using var stream = new FileStream(File, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private static JsonElement[] Lines(string text) => [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    private static string Text(JsonElement record, string name) => record.TryGetProperty(name, out JsonElement value) ? value.GetString()! : "";
}
