using System.Text.Json;
using InteropTests.Cases;

namespace InteropTests.Foreign;

/// <summary>Runs cases with a foreign client.</summary>
internal static class ForeignClient
{
    /// <summary>Results of a script's cases. A client that dies leaves the rest of the cases out.</summary>
    public static async Task<Dictionary<string, CaseResult>> RunAsync(
        ForeignRuntime runtime, string script, string address, CancellationToken cancellationToken)
    {
        await using var client = ForeignProcess.Start(runtime.Program, script, "--address", address);
        var results = new Dictionary<string, CaseResult>();
        while (await client.TryReadLineAsync(cancellationToken) is { } line)
        {
            var (name, outcome, detail) = Parse(line);
            results.Add(name, new CaseResult(Enum.Parse<CaseOutcome>(outcome, ignoreCase: true), detail));
        }

        return results.Count > 0 ? results : throw new InvalidOperationException($"{runtime.Name}'s client reported nothing. {client.Errors}");
    }

    /// <summary>Case, outcome and detail of a line that a client wrote.</summary>
    public static (string Name, string Outcome, string Detail) Parse(string line)
    {
        using var report = JsonDocument.Parse(line);
        return (Text(report, "case"), Text(report, "outcome"), Text(report, "detail"));
    }

    private static string Text(JsonDocument report, string name) => report.RootElement.GetProperty(name).GetString()!;
}
