using InteropTests.Cases;
using InteropTests.Foreign;
using InteropTests.Service;
using Xunit;

namespace InteropTests.Matrix;

/// <summary>Runs every case of every pairing once, the pairings side by side, and keeps the results for the tests that look at them.</summary>
public sealed class InteropMatrix : IAsyncLifetime
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(3);

    // What our server must have put on the wire: a foreign client cannot show whether a response was compressed.
    private static readonly Dictionary<string, bool[][]> s_compressedResponses = new()
    {
        ["server_compressed_unary"] = [[true], [false]],
        ["server_compressed_streaming"] = [[true, false]],
    };

    private readonly Dictionary<Pairing, Task<Dictionary<string, CaseResult>>> _runs = [];

    public async Task InitializeAsync()
    {
        foreach (var pairing in Pairing.All.Where(pairing => pairing.Foreign?.Missing is null))
        {
            _runs.Add(pairing, RunAsync(pairing));
        }

        // A pairing that breaks down fails the tests of its own cases, not of all.
        await Task.WhenAll(_runs.Values).ContinueWith(static _ => { }, TaskScheduler.Default);
    }

    public Task DisposeAsync() => Task.CompletedTask;

    /// <summary>Results of a pairing by case; the foreign side must not be missing.</summary>
    internal Task<Dictionary<string, CaseResult>> ResultsAsync(Pairing pairing) => _runs[pairing];

    private static async Task<Dictionary<string, CaseResult>> RunAsync(Pairing pairing)
    {
        using var limit = new CancellationTokenSource(s_limit);
        if (pairing.Server is { } foreign)
        {
            await using var server = await ForeignServer.StartAsync(foreign, limit.Token);
            return await RunOwnClientAsync(server.Address, foreign.Abilities);
        }

        await using var own = await InteropServer.StartAsync();
        if (pairing.Client is null)
        {
            return await RunOwnClientAsync(own.Address, new ServerAbilities());
        }

        var results = await ForeignClient.RunAsync(pairing.Client, pairing.Client.Client, own.Address, limit.Token);
        CheckCompressedResponses(own.Calls, results);
        return results;
    }

    private static async Task<Dictionary<string, CaseResult>> RunOwnClientAsync(string address, ServerAbilities abilities)
    {
        using var client = new CaseClient(address, abilities);
        var results = new Dictionary<string, CaseResult>();
        foreach (var (name, run) in StandardCases.All)
        {
            results.Add(name, await client.RunAsync(run));
        }

        return results;
    }

    private static void CheckCompressedResponses(WatchedCalls calls, Dictionary<string, CaseResult> results)
    {
        foreach (var (name, expected) in s_compressedResponses)
        {
            var seen = calls.ResponsesOf(name).ToArray();
            var matches = seen.Length == expected.Length && seen.Zip(expected).All(pair => pair.First.SequenceEqual(pair.Second));
            if (!matches && results.GetValueOrDefault(name) == CaseResult.Pass)
            {
                var flags = string.Join(" | ", seen.Select(call => string.Join(',', call)));
                results[name] = CaseResult.Fail($"Compressed flags of the responses on the wire: {flags}");
            }
        }
    }
}
