using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Inference.Server;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Files;

/// <summary>compose.yaml, as far as it can be told without a container engine: what it mounts is there, what it sets is understood, and nothing runs without bounds.</summary>
public partial class ComposeTests
{
    private static readonly JsonNode Compose = Yaml.Read(Repository.Read("deploy/compose.yaml")).Single();

    /// <summary>Names of the services.</summary>
    public static TheoryData<string> Services => [.. Compose["services"]!.AsObject().Select(pair => pair.Key)];

    [Theory]
    [MemberData(nameof(Services))]
    public void Service_IsPinnedAndBounded_AndMountsWhatThereIs(string name)
    {
        JsonNode service = Compose["services"]![name]!;

        Assert.Matches(Pinned(), (string)service["image"]!);
        Assert.NotNull(service["deploy"]!["resources"]!["limits"]!["memory"]);
        Assert.NotNull(service["restart"]);
        foreach (JsonNode? volume in service["volumes"]?.AsArray() ?? [])
        {
            string source = ((string)volume!).Split(':')[0];
            if (source.StartsWith('.'))
                Assert.True(Path.Exists(Repository.PathOf(Path.Combine("deploy", source))), source);
            else
                Assert.True(Compose["volumes"]!.AsObject().ContainsKey(source), source);
        }

        // Published for this machine alone.
        Assert.All(service["ports"]?.AsArray() ?? [], port => Assert.StartsWith("127.0.0.1:", (string)port!, StringComparison.Ordinal));
        IEnumerable<string> needed = service["depends_on"] switch
        {
            JsonObject conditions => conditions.Select(pair => pair.Key),
            JsonArray names => names.Select(other => (string)other!),
            _ => [],
        };
        Assert.All(needed, other => Assert.NotNull(Compose["services"]![other]));
        // The image of the server has a check of its own; that of the collector has nothing to check with.
        Assert.True(name is "server" or "demo" or "otel-collector" || service["healthcheck"] is not null, "It has no health check.");
    }

    [Fact]
    public async Task Environment_OfTheServer_IsAcceptedByIt()
    {
        var environment = new Hashtable();
        foreach ((string name, JsonNode? value) in Compose["services"]!["server"]!["environment"]!.AsObject())
            environment[name] = ((string)value!).Replace("${USER_KEY_SECRET:-}", "", StringComparison.Ordinal);
        foreach (Match match in ImageVariables().Matches(Repository.Read("deploy/Dockerfile")))
            environment.TryAdd(match.Groups[1].Value, match.Groups[2].Value);
        using var error = new StringWriter();

        int code = await ServerProgram.RunAsync(["--check"], environment, TextWriter.Null, error);

        Assert.True(code == 0, error.ToString());
        Assert.True(environment.Count >= 9);
    }

    [Fact]
    public void StopGrace_IsAboveReadinessGraceAndDrain()
    {
        JsonNode server = Compose["services"]!["server"]!;
        TimeSpan grace = TimeSpan.Parse((string)server["environment"]!["Inference__Server__ReadinessGrace"]!, CultureInfo.InvariantCulture);
        int stop = int.Parse(((string)server["stop_grace_period"]!).TrimEnd('s'), CultureInfo.InvariantCulture);

        Assert.True(stop > (grace + new Inference.Server.Options.ServerOptions().DrainTime).TotalSeconds);
    }

    /// <summary>A version, not a moving tag.</summary>
    [GeneratedRegex(@"^[a-z0-9./-]+:v?\d+\.\d+\.\d+(-[a-z0-9]+)?$")]
    private static partial Regex Pinned();

    [GeneratedRegex(@"(Inference__\w+)=(\S+)")]
    private static partial Regex ImageVariables();
}

internal static class HashtableExtensions
{
    public static void TryAdd(this Hashtable table, string key, string value)
    {
        if (!table.ContainsKey(key))
            table[key] = value;
    }
}
