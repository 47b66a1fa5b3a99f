using FunctionalTests.Server;
using InteropTests.Cases;
using InteropTests.Foreign;
using InteropTests.Matrix;
using Xunit;

namespace InteropTests.Product;

/// <summary>The whole server, as foreign orchestrators and tools see it: health, reflection, a recommendation, the towers as models.</summary>
public sealed class ProductServerTests(ProductMatrix matrix) : IClassFixture<ProductMatrix>
{
    private static readonly string[] s_cases =
    [
        "health_check",
        "health_watch",
        "reflection_v1_list_services",
        "reflection_v1_find_files",
        "reflection_v1alpha_list_services",
        "reflection_v1alpha_find_files",
        "recommend_by_reflection",
        "open_inference_metadata",
        "open_inference_raw",
        "open_inference_typed",
        "open_inference_refusals",
    ];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Clients() => [.. ForeignRuntime.All.Select(runtime => runtime.Name)];

    public static TheoryData<string, string> ClientsAndCases()
    {
        var data = new TheoryData<string, string>();
        foreach (var runtime in ForeignRuntime.All)
        {
            foreach (var name in s_cases)
            {
                data.Add(runtime.Name, name);
            }
        }

        return data;
    }

    [SkippableTheory]
    [MemberData(nameof(ClientsAndCases))]
    public async Task Case_OfAForeignClient_GoesAsDefined(string client, string name)
    {
        var results = await matrix.ResultsAsync(Require(client));

        Assert.True(results.TryGetValue(name, out var result), "The client ended before it came to this case.");
        Assert.True(result.Outcome == CaseOutcome.Pass, result.Detail);
    }

    [SkippableTheory]
    [MemberData(nameof(Clients))]
    public async Task Watch_UntilTheServerStops_SeesItStop(string client)
    {
        var runtime = Require(client);
        await using var server = await RunningServer.StartAsync(options => options.Server.ReadinessGrace = TimeSpan.FromSeconds(0.2));
        using var limit = new CancellationTokenSource(s_patience);
        await using var watcher = ForeignProcess.Start(
            runtime.Program, runtime.Product, "--address", new Uri(server.Host.GrpcAddress).Authority, "--case", "health_watch_until_stopped");
        Assert.Equal(("health_watch_until_stopped", "begun", ""), ForeignClient.Parse(await watcher.ReadLineAsync(limit.Token)));

        await server.Host.StopAsync(limit.Token);

        Assert.Equal(("health_watch_until_stopped", "pass", ""), ForeignClient.Parse(await watcher.ReadLineAsync(limit.Token)));
    }

    [SkippableFact]
    public async Task Table_InReadme_IsWhatWasSeen()
    {
        var columns = new List<(string, IReadOnlyDictionary<string, CaseResult>)>();
        foreach (var runtime in ForeignRuntime.All)
        {
            runtime.Require();
            columns.Add((runtime.Name, await matrix.ResultsAsync(runtime)));
        }

        ResultsTable.Verify("whole server", ResultsTable.Render(s_cases, columns));
    }

    private static ForeignRuntime Require(string client)
    {
        var runtime = ForeignRuntime.All.Single(candidate => candidate.Name == client);
        runtime.Require();
        return runtime;
    }
}
