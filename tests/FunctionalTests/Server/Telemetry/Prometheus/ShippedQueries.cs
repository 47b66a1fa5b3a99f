using System.Text.Json;
using System.Text.RegularExpressions;
using UnitTests.Testing;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>The expressions in deploy/: of the panels of all dashboards, and of the rules.</summary>
internal static partial class ShippedQueries
{
    /// <summary>Where an expression is, and it.</summary>
    public static IReadOnlyList<(string Place, string Expression)> Panels { get; } =
    [
        .. from file in Directory.GetFiles(Repository.PathOf("deploy/grafana/dashboards"), "*.json").Order(StringComparer.Ordinal)
           from panel in JsonDocument.Parse(File.ReadAllText(file)).RootElement.GetProperty("panels").EnumerateArray()
           where panel.TryGetProperty("targets", out _)
           from target in panel.GetProperty("targets").EnumerateArray()
           select ($"{Path.GetFileName(file)}, {panel.GetProperty("title").GetString()}", target.GetProperty("expr").GetString()!),
    ];

    /// <summary>Name, whether it is an alert, expression.</summary>
    public static IReadOnlyList<(string Name, bool IsAlert, string Expression)> Rules { get; } =
    [
        .. from match in RuleLines().Matches(Repository.Read("deploy/prometheus/rules.yml"))
           select (match.Groups[2].Value, match.Groups[1].Value == "alert", match.Groups[3].Value.Trim()),
    ];

    // A rule is its kind, its name, and its expression: the rest of the line, or the deeper lines below it.
    [GeneratedRegex(@"^ {6}- (record|alert): (\S+)\n {8}expr: (?:\|\n)?((?:.+\n)(?: {10}.+\n)*)", RegexOptions.Multiline)]
    private static partial Regex RuleLines();
}
