using System.Text.Json;
using System.Xml.Linq;
using FunctionalTests.Server;
using Grpc.Core;
using Inference.Cli.Frame;
using Inference.Training.Demo;
using Microsoft.Extensions.Logging.Abstractions;
using Recsys.V1;
using UnitTests.Cli;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>`simulate` against the whole server with the bundle of a small demo world.</summary>
public sealed class SimulateVerbTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("simulate-").FullName;

    private string Data => Path.Combine(_folder, "demo-data");

    public Task InitializeAsync() => DemoBuilder.BuildAsync(
        new DemoOptions { Items = 400, Users = 150, Dimension = 8, Seed = 2 }, _folder, overwrite: false, NullLogger.Instance, _ => new Progress<double>(), CancellationToken.None);

    public Task DisposeAsync()
    {
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Simulate_AgainstTheServerOfTheWorld_TellsWhatEachPolicyEarns()
    {
        await using RunningServer server = await StartAsync();
        string results = Path.Combine(_folder, "out");
        CliRun run = await CliRun.Of(Simulate(server, "--policies", "off,softmax", "--sessions", "12", "--pages", "4", "--new-items", "6", "--out", results));
        Assert.True(run.Code == ExitCode.Ok, run.Error);
        Assert.Contains("Clicks per session", run.Output, StringComparison.Ordinal);

        using JsonDocument json = JsonDocument.Parse(await File.ReadAllBytesAsync(Path.Combine(results, "simulation.json")));
        JsonElement policies = json.RootElement.GetProperty("policies");
        Assert.Equal(["popularity", "off", "softmax", "oracle"], policies.EnumerateObject().Select(policy => policy.Name));
        double Of(string policy, string figure) => policies.GetProperty(policy).GetProperty(figure).GetDouble();
        Assert.True(Of("off", "expected_clicks_session") > Of("popularity", "expected_clicks_session"), "Who learns beats popularity.");
        foreach (string policy in (string[])["popularity", "off", "softmax"])
        {
            Assert.True(Of("oracle", "expected_clicks_session") > Of(policy, "expected_clicks_session"), policy);
            Assert.True(Of(policy, "regret_per_page") > 0, policy);
            Assert.Equal((0, 4), (Of(policy, "empty"), policies.GetProperty(policy).GetProperty("clicks_by_page").GetArrayLength()));
        }

        Assert.Equal(0, Of("oracle", "regret_per_page"), 9);
        Assert.Equal(0, Of("popularity", "lift_vs_popularity"));
        // One slot of each page is drawn: 12 sessions of 4 pages.
        Assert.Equal(48, policies.GetProperty("softmax").GetProperty("slots").GetProperty("explore").GetInt32());
        Assert.InRange(Of("softmax", "propensity_mean"), 0.01, 0.99);
        Assert.False(policies.GetProperty("popularity").GetProperty("slots").TryGetProperty("explore", out _));
        XDocument page = XDocument.Parse((await File.ReadAllTextAsync(Path.Combine(results, "simulation.html"))).Replace("<!DOCTYPE html>", "", StringComparison.Ordinal));
        Assert.Equal(2, page.Descendants().Count(element => element.Name.LocalName == "svg" && (string?)element.Attribute("class") == "chart"));
        Assert.DoesNotContain("NaN", page.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulate_WhenItIsOver_LeavesNothingBehindUnlessItIsToldTo()
    {
        await using RunningServer server = await StartAsync();
        var state = new StateService.StateServiceClient(server.Channel);
        var catalogue = new CatalogService.CatalogServiceClient(server.Channel);
        string id = DemoTruth.Read(Data).NewItems[0].Id;
        string kept = await UserAsync("--keep"), gone;
        Assert.Equal(20, (await state.GetUserAsync(new GetUserRequest { UserId = kept })).Interactions.Count);
        Assert.Equal(id, (await catalogue.GetItemAsync(new GetItemRequest { ItemId = id })).Item.ItemId);

        gone = await UserAsync();
        GetUserResponse forgotten = await state.GetUserAsync(new GetUserRequest { UserId = gone });
        Assert.Equal((true, 0), (forgotten.Forgotten, forgotten.Interactions.Count));
        RpcException missing = await Assert.ThrowsAsync<RpcException>(async () => await catalogue.GetItemAsync(new GetItemRequest { ItemId = id }));
        Assert.Equal(StatusCode.NotFound, missing.StatusCode);

        async Task<string> UserAsync(params string[] more)
        {
            CliRun run = await CliRun.Of(Simulate(server, ["--policies", "off", "--sessions", "2", "--pages", "2", "--new-items", "1", "--json", "-", .. more]));
            Assert.True(run.Code == ExitCode.Ok, run.Error);
            using JsonDocument json = JsonDocument.Parse(run.Output);
            return json.RootElement.GetProperty("users").GetString() + "-off-1";
        }
    }

    [Fact]
    public async Task Simulate_WithTheSameSeedAndAFreshServer_GivesTheSame()
    {
        string[] figures = new string[3];
        for (int i = 0; i < figures.Length; i++)
        {
            await using RunningServer server = await StartAsync();
            // One session: what others did counts for popularity some time later, as the clock will have it.
            CliRun run = await CliRun.Of(Simulate(server, "--policies", "softmax", "--sessions", "1", "--pages", "1", "--seed", i < 2 ? "7" : "8", "--json", "-"));
            Assert.True(run.Code == ExitCode.Ok, run.Error);
            using JsonDocument json = JsonDocument.Parse(run.Output);
            figures[i] = json.RootElement.GetProperty("policies").GetRawText();
        }

        Assert.Equal(figures[0], figures[1]);
        Assert.NotEqual(figures[0], figures[2]);
    }

    [Fact]
    public async Task Simulate_AgainstAServerOfAnotherWorld_SaysSo()
    {
        await using RunningServer server = await RunningServer.StartAsync();
        CliRun run = await CliRun.Of(Simulate(server));
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("small/1, which is of another world: it has no item 'i1'", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulate_AgainstAServerThatChoosesThePolicyItself_SaysWhatToSet()
    {
        await using RunningServer server = await StartAsync(allowsRequests: false);
        CliRun run = await CliRun.Of(Simulate(server, "--policies", "softmax", "--sessions", "1", "--pages", "1"));
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("Inference:Exploration:AllowRequests=true", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--policies", "thomson", "did you mean 'thompson'?")]
    [InlineData("--sessions", "0", "--sessions must be 1 to")]
    public async Task Simulate_WithAWrongOption_SaysWhatIsWrong(string option, string value, string complaint)
    {
        CliRun run = await CliRun.Of("simulate", "--data", Data, option, value);
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Simulate_OfNoServer_SaysThatNobodyAnswers()
    {
        CliRun run = await CliRun.Of("simulate", "--data", Data, "--server", "http://127.0.0.1:1");
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("no server answers at http://127.0.0.1:1", run.Error, StringComparison.Ordinal);
    }

    private string[] Simulate(RunningServer server, params string[] more) => ["simulate", "--data", Data, "--server", server.Host.GrpcAddress, "--timeout", "30s", .. more];

    private Task<RunningServer> StartAsync(bool allowsRequests = true) => RunningServer.StartAsync(options =>
    {
        options.Bundle.Path = Path.Combine(_folder, "demo", "1");
        options.Exploration.AllowRequests = allowsRequests;
    });
}
