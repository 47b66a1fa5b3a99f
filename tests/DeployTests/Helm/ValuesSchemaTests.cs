using System.Text.Json;
using System.Text.Json.Nodes;
using DeployTests.Files;
using Json.Schema;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Helm;

/// <summary>values.schema.json, by which helm checks values before it renders: it takes what is right and refuses what is not.</summary>
public class ValuesSchemaTests
{
    private static readonly JsonSchema Schema = JsonSchema.FromText(Repository.Read(HelmChart.Folder + "/values.schema.json"));

    [Fact]
    public void Values_OfTheChart_AreTaken() => Assert.True(IsTaken(Repository.Read(HelmChart.Folder + "/values.yaml"), out string why), why);

    [Theory]
    [MemberData(nameof(HelmChart.Values), MemberType = typeof(HelmChart))]
    public void Values_OfTheExamples_AreTaken(string values) =>
        Assert.True(values.Length == 0 || IsTaken(Repository.Read($"{HelmChart.Folder}/ci/{values}"), out string why), values);

    [Fact]
    public void Schema_KnowsEveryValueAndNoOthers()
    {
        JsonNode values = Yaml.Read(Repository.Read(HelmChart.Folder + "/values.yaml")).Single();
        JsonNode schema = JsonNode.Parse(Repository.Read(HelmChart.Folder + "/values.schema.json"))!;

        // "global" is Helm's, for charts within charts.
        Assert.Equal(values.AsObject().Select(pair => pair.Key).Append("global").Order(StringComparer.Ordinal), schema["properties"]!.AsObject().Select(pair => pair.Key).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("replicas: 3")]
    [InlineData("replicaCount: 0")]
    [InlineData("replicaCount: '2'")]
    [InlineData("image: { repository: '' }")]
    [InlineData("image: { repository: a, digest: sha1:1 }")]
    [InlineData("server: { drainSeconds: -1 }")]
    [InlineData("server: { httpapi: true }")]
    [InlineData("settings: { Inferense: {} }")]
    [InlineData("models: { source: s3 }")]
    [InlineData("models: { path: /models/shop }")]
    [InlineData("cache: { sizeLimit: 4 gigabytes }")]
    [InlineData("redis: { configuration: 'a:1', existingSecret: b }")]
    [InlineData("tls: { existingSecret: a, http: Required }")]
    [InlineData("tls: { grpc: yes }")]
    [InlineData("telemetry: { otlpEndpoint: 'collector:4317' }")]
    [InlineData("telemetry: { traceSampling: '2' }")]
    [InlineData("resources: { limits: { memory: lots } }")]
    [InlineData("gpu: { enabled: true, count: 0 }")]
    [InlineData("service: { grpcPort: 80 }")]
    [InlineData("autoscaling: { targetCPUUtilizationPercentage: 0 }")]
    [InlineData("podDisruptionBudget: { maxUnavailable: half }")]
    [InlineData("monitoring: { serviceMonitor: { interval: often } }")]
    public void Values_ThatAreWrong_AreRefused(string values) => Assert.False(IsTaken(values, out _), values);

    private static bool IsTaken(string yaml, out string why)
    {
        using JsonDocument values = JsonDocument.Parse(Yaml.Read(yaml).Single().ToJsonString());
        EvaluationResults results = Schema.Evaluate(values.RootElement, new EvaluationOptions { OutputFormat = OutputFormat.List });
        why = string.Join('\n', results.Details!.Where(detail => detail.Errors is not null).Select(detail => $"{detail.InstanceLocation}: {string.Join(", ", detail.Errors!.Values)}"));
        return results.IsValid;
    }
}
