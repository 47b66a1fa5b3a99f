using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Inference.Cli.Client;
using Recsys.V1;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.LoadTests;

/// <summary>The configurations of ghz, held against what ghz knows and what the server takes: an unknown name would be ignored in silence.</summary>
public sealed partial class GhzConfigurationTests
{
    /// <summary>The names of ghz's configuration file that a unary load may use (ghz.sh/docs/options).</summary>
    private static readonly string[] Known =
    [
        "call", "host", "insecure", "async", "total", "rps", "concurrency", "concurrency-schedule", "concurrency-start", "concurrency-end", "concurrency-step", "concurrency-step-duration", "concurrency-max-duration", "connections",
        "duration", "duration-stop", "max-duration", "timeout", "connect-timeout", "keepalive", "count-errors", "skipFirst", "data", "metadata", "format", "output", "name", "tags", "load-schedule", "load-start", "load-end", "load-step",
        "load-step-duration", "load-max-duration", "cacert", "cert", "key", "skipTLS", "cname", "authority", "cpus", "debug", "reflect-metadata", "enable-compression", "lb-strategy",
    ];

    private static readonly string[] Kinds = ["warm", "cold", "session", "filtered", "mixed", "step", "soak"];

    private static string Folder => Path.Combine(Repository.Root, "load-tests");

    [Fact]
    public void Configurations_AreOneForEachKindThatTheRunnerKnows()
    {
        Assert.Equal(Kinds.Order(), Directory.GetFiles(Path.Combine(Folder, "ghz"), "recommend-*.json").Select(file => Path.GetFileNameWithoutExtension(file)["recommend-".Length..]).Order());
        string runner = File.ReadAllText(Path.Combine(Folder, "run.sh"));
        // Each kind is one that the built-in generator makes, too.
        string cases = runner[runner.IndexOf("with_cli()", StringComparison.Ordinal)..runner.IndexOf("esac", StringComparison.Ordinal)];
        Assert.All(Kinds, kind => Assert.Matches($@"(^|[\s|]){kind}( \| \w+)?\)", cases));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Configuration_UsesNamesThatGhzKnowsAndKindsThatItReads(string kind)
    {
        JsonElement root = Read(kind);
        Assert.All(root.EnumerateObject(), property => Assert.Contains(property.Name, Known));
        foreach (string name in new[] { "rps", "concurrency", "connections", "skipFirst", "load-start", "load-step", "load-end" })
            Assert.True(!root.TryGetProperty(name, out JsonElement number) || number.TryGetInt32(out int value) && value > 0, name);
        foreach (string name in new[] { "duration", "timeout", "load-step-duration" })
            Assert.True(!root.TryGetProperty(name, out JsonElement duration) || Durations.TryParse(duration.GetString()!, out TimeSpan span) && span > TimeSpan.Zero, name);
        Assert.True(root.GetProperty("insecure").GetBoolean() && root.GetProperty("async").GetBoolean() && root.GetProperty("count-errors").GetBoolean());
        // The runner reads every call's latency, and lets answers come in that are on their way at the end.
        Assert.Equal(("json", "wait"), (root.GetProperty("format").GetString(), root.GetProperty("duration-stop").GetString()));
        Assert.Equal(kind == "step", root.TryGetProperty("load-schedule", out JsonElement schedule) && schedule.GetString() == "step");
        if (kind == "step")
            Assert.Equal(0, (root.GetProperty("load-end").GetInt32() - root.GetProperty("load-start").GetInt32()) % root.GetProperty("load-step").GetInt32());
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void Configuration_AsksWhatTheServerTakes(string kind)
    {
        JsonElement root = Read(kind);
        string call = root.GetProperty("call").GetString()!;
        MethodDescriptor? method = RecommendationServiceReflection.Descriptor.Services.SelectMany(service => service.Methods).SingleOrDefault(one => one.FullName == call);
        Assert.NotNull(method);
        Assert.False(method.IsClientStreaming || method.IsServerStreaming);
        JsonElement data = root.GetProperty("data");
        JsonElement[] messages = data.ValueKind == JsonValueKind.Array ? [.. data.EnumerateArray()] : [data];
        Assert.All(messages, message =>
        {
            string text = Filled(message.GetRawText());
            var request = (RecommendRequest)new JsonParser(JsonParser.Settings.Default).Parse(text, method.InputType);
            Assert.Equal(10, request.Limit);
        });
    }

    [Fact]
    public void Mixed_HasAllKinds()
    {
        RecommendRequest[] requests = [.. Read("mixed").GetProperty("data").EnumerateArray().Select(message => JsonParser.Default.Parse<RecommendRequest>(Filled(message.GetRawText())))];
        Assert.Equal(10, requests.Length);
        Assert.Equal(7, requests.Count(request => request.UserId.StartsWith('u') && request.Filter.Length == 0));
        Assert.Single(requests, request => request.UserId.StartsWith("stranger", StringComparison.Ordinal) && request.Context["country"].StringValue.Length > 0);
        Assert.Single(requests, request => request.UserId.Length == 0 && request.RecentItemIds.Count == 3);
        Assert.Single(requests, request => request.Filter == "stock > 40");
        Assert.Equal(Read("mixed").GetProperty("data").GetRawText(), Read("soak").GetProperty("data").GetRawText());
    }

    public static TheoryData<string> Files() => [.. Kinds];

    private static JsonElement Read(string kind)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "ghz", $"recommend-{kind}.json")));
        return document.RootElement.Clone();
    }

    /// <summary>The text with its templates carried out, as ghz does: known functions and fields only, users and items that the demo world has.</summary>
    private static string Filled(string text)
    {
        text = RandomInt().Replace(text, match =>
        {
            int from = int.Parse(match.Groups[1].ValueSpan, System.Globalization.CultureInfo.InvariantCulture), to = int.Parse(match.Groups[2].ValueSpan, System.Globalization.CultureInfo.InvariantCulture);
            Assert.InRange(from, 1, to);
            Assert.InRange(to, from, 5000);
            return match.Groups[1].Value;
        });
        text = text.Replace("{{.RequestNumber}}", "7", StringComparison.Ordinal);
        Assert.DoesNotContain("{{", text, StringComparison.Ordinal);
        return text;
    }

    [GeneratedRegex(@"\{\{randomInt (\d+) (\d+)\}\}")]
    private static partial Regex RandomInt();
}
