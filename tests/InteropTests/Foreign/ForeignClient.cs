using System.Text.Json;
using InteropTests.Cases;

namespace InteropTests.Foreign;

/// <summary>Runs all cases with a foreign client.</summary>
internal static class ForeignClient
{
    /// <summary>Results by case. A client that dies leaves the rest of the cases out.</summary>
    public static async Task<Dictionary<string, CaseResult>> RunAsync(ForeignRuntime runtime, string address, CancellationToken cancellationToken)
    {
        await using var client = ForeignProcess.Start(runtime.Program, runtime.Client, "--address", address);
        var results = new Dictionary<string, CaseResult>();
        while (await client.TryReadLineAsync(cancellationToken) is { } line)
        {
            using var report = JsonDocument.Parse(line);
            var outcome = Enum.Parse<CaseOutcome>(Text(report, "outcome"), ignoreCase: true);
            results.Add(Text(report, "case"), new CaseResult(outcome, Text(report, "detail")));
        }

        return results.Count > 0 ? results : throw new InvalidOperationException($"{runtime.Name}'s client reported nothing. {client.Errors}");
    }

    private static string Text(JsonDocument report, string name) => report.RootElement.GetProperty(name).GetString()!;
}
