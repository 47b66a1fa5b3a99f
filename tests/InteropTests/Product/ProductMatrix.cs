using FunctionalTests.Server;
using InteropTests.Cases;
using InteropTests.Foreign;
using Xunit;

namespace InteropTests.Product;

/// <summary>Runs the product cases with every foreign client, side by side, on one server.</summary>
public sealed class ProductMatrix : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    private readonly Dictionary<string, Task<Dictionary<string, CaseResult>>> _runs = [];

    public async Task InitializeAsync()
    {
        if (ForeignRuntime.All.All(runtime => runtime.Missing is not null))
        {
            return;
        }

        await using var server = await RunningServer.StartAsync();
        using var limit = new CancellationTokenSource(s_limit);
        foreach (var runtime in ForeignRuntime.All.Where(runtime => runtime.Missing is null))
        {
            _runs.Add(runtime.Name, ForeignClient.RunAsync(runtime, runtime.Product, new Uri(server.Host.GrpcAddress).Authority, limit.Token));
        }

        // A client that breaks down fails the tests of its own cases, not of all.
        await Task.WhenAll(_runs.Values).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Results by case of a runtime that is not missing.</summary>
    internal Task<Dictionary<string, CaseResult>> ResultsAsync(ForeignRuntime runtime) => _runs[runtime.Name];
}
