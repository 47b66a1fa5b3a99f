using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using k8s;
using k8s.Models;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Helm;

/// <summary>Every manifest of the chart, for every file of values: of Kubernetes' types, and true in itself.</summary>
public partial class ManifestTests
{
    /// <summary>By apiVersion and kind: the type that refuses fields that it does not have.</summary>
    private static readonly Dictionary<string, Func<string, object>> Types = new()
    {
        ["v1 ConfigMap"] = Strict<V1ConfigMap>,
        ["v1 Pod"] = Strict<V1Pod>,
        ["v1 Service"] = Strict<V1Service>,
        ["v1 ServiceAccount"] = Strict<V1ServiceAccount>,
        ["apps/v1 Deployment"] = Strict<V1Deployment>,
        ["autoscaling/v2 HorizontalPodAutoscaler"] = Strict<V2HorizontalPodAutoscaler>,
        ["networking.k8s.io/v1 NetworkPolicy"] = Strict<V1NetworkPolicy>,
        ["policy/v1 PodDisruptionBudget"] = Strict<V1PodDisruptionBudget>,
    };

    /// <summary>Resources of the Prometheus operator, which have no types here: the fields of "spec" that they may have, of those that the chart uses.</summary>
    private static readonly Dictionary<string, string[]> Operator = new()
    {
        ["monitoring.coreos.com/v1 ServiceMonitor"] = ["endpoints", "jobLabel", "namespaceSelector", "selector", "targetLabels", "podTargetLabels"],
        ["monitoring.coreos.com/v1 PrometheusRule"] = ["groups"],
    };

    [SkippableTheory]
    [MemberData(nameof(HelmChart.Values), MemberType = typeof(HelmChart))]
    public async Task Manifests_AreOfKubernetesTypes(string values)
    {
        RenderedChart chart = await HelmChart.RenderAsync(values);

        Assert.True(chart.Manifests.Count >= 3);
        Assert.All(chart.Manifests, manifest =>
        {
            string type = $"{manifest.Node["apiVersion"]} {manifest.Kind}";
            if (Types.TryGetValue(type, out Func<string, object>? read))
                read(manifest.Text);
            else
                Assert.All(manifest.Node["spec"]!.AsObject(), field => Assert.Contains(field.Key, Operator[type]));
            Assert.Matches(Name(), manifest.Name);
        });
        // One name for each kind.
        Assert.Equal(chart.Manifests.Count, chart.Manifests.DistinctBy(manifest => (manifest.Kind, manifest.Name)).Count());
    }

    [Fact]
    public void Types_RefuseWhatTheyDoNotKnow()
    {
        const string Good = "apiVersion: v1\nkind: Service\nmetadata: { name: a }\nspec: { ports: [{ name: grpc, port: 1 }] }\n";
        Types["v1 Service"](Good);
        Assert.ThrowsAny<Exception>(() => Types["v1 Service"](Good.Replace("ports", "prots", StringComparison.Ordinal)));
        Assert.ThrowsAny<Exception>(() => Types["v1 Service"](Good.Replace("port: 1", "port: one", StringComparison.Ordinal)));
    }

    [SkippableTheory]
    [MemberData(nameof(HelmChart.Values), MemberType = typeof(HelmChart))]
    public async Task Selectors_FindTheServersPodsAndNoOthers(string values)
    {
        RenderedChart chart = await HelmChart.RenderAsync(values);
        JsonNode deployment = chart.Single("Deployment");
        JsonNode[] selectors =
        [
            deployment["spec"]!["selector"]!["matchLabels"]!,
            .. chart.Of("Service").Select(service => service["spec"]!["selector"]!),
            .. chart.Of("PodDisruptionBudget").Select(budget => budget["spec"]!["selector"]!["matchLabels"]!),
            .. chart.Of("NetworkPolicy").Select(policy => policy["spec"]!["podSelector"]!["matchLabels"]!),
            .. (deployment["spec"]!["template"]!["spec"]!["topologySpreadConstraints"]?.AsArray() ?? []).Select(spread => spread!["labelSelector"]!["matchLabels"]!),
        ];

        Assert.True(selectors.Length >= 2);
        Assert.All(selectors, selector =>
        {
            Assert.True(Matches(selector, chart.PodLabels), $"{selector} finds no server.");
            Assert.False(Matches(selector, chart.Single("Pod")["metadata"]!["labels"]!), $"{selector} finds the pod of the test.");
        });
        Assert.All(chart.Of("ServiceMonitor"), monitor => Assert.Single(
            chart.Of("Service"), service => Matches(monitor["spec"]!["selector"]!["matchLabels"]!, service["metadata"]!["labels"]!) && Ports(service).Contains((string)monitor["spec"]!["endpoints"]![0]!["port"]!)));
        Assert.All(chart.Of("HorizontalPodAutoscaler"), scaler =>
        {
            Assert.Equal((string)deployment["metadata"]!["name"]!, (string)scaler["spec"]!["scaleTargetRef"]!["name"]!);
            // Who scales says how many there are.
            Assert.Null(deployment["spec"]!["replicas"]);
        });

        static IEnumerable<string> Ports(JsonNode service) => service["spec"]!["ports"]!.AsArray().Select(port => (string)port!["name"]!);
    }

    [SkippableTheory]
    [MemberData(nameof(HelmChart.Values), MemberType = typeof(HelmChart))]
    public async Task Ports_OfServicesProbesAndPolicies_AreThoseOfTheContainer(string values)
    {
        RenderedChart chart = await HelmChart.RenderAsync(values);
        JsonNode server = chart.PodSpecs[0]["containers"]![0]!;
        var ports = server["ports"]!.AsArray().ToDictionary(port => (string)port!["name"]!, port => (int)port!["containerPort"]!);

        Assert.All(chart.Of("Service").SelectMany(service => service["spec"]!["ports"]!.AsArray()), port => Assert.Contains((string)port!["targetPort"]!, ports.Keys));
        Assert.All(chart.Of("NetworkPolicy").SelectMany(policy => policy["spec"]!["ingress"]!.AsArray()), rule => Assert.Contains((string)rule!["ports"]![0]!["port"]!, ports.Keys));
        Assert.All((string[])["startupProbe", "readinessProbe", "livenessProbe"], name =>
        {
            JsonNode probe = server[name]!;
            if (probe["grpc"] is { } grpc)
                Assert.Equal(ports["grpc"], (int)grpc["port"]!);
            else
                Assert.Contains((string)probe["httpGet"]!["port"]!, ports.Keys);
        });
        // As the conventions have it: start-up 30 × 10 s, readiness every 5 s, liveness every 10 s of what depends on nothing.
        Assert.Equal((10, 30), ((int)server["startupProbe"]!["periodSeconds"]!, (int)server["startupProbe"]!["failureThreshold"]!));
        Assert.Equal(5, (int)server["readinessProbe"]!["periodSeconds"]!);
        Assert.Equal((10, "/healthz"), ((int)server["livenessProbe"]!["periodSeconds"]!, (string)server["livenessProbe"]!["httpGet"]!["path"]!));
    }

    [SkippableTheory]
    [MemberData(nameof(HelmChart.Values), MemberType = typeof(HelmChart))]
    public async Task Pods_RunWithoutRights_AndMountWhatThereIs(string values)
    {
        RenderedChart chart = await HelmChart.RenderAsync(values);

        Assert.All(chart.PodSpecs, pod =>
        {
            Assert.True((bool)pod["securityContext"]!["runAsNonRoot"]!);
            Assert.Equal("RuntimeDefault", (string)pod["securityContext"]!["seccompProfile"]!["type"]!);
            Assert.False((bool)pod["automountServiceAccountToken"]!);
            string[] volumes = [.. pod["volumes"]!.AsArray().Select(volume => (string)volume!["name"]!)];
            JsonNode[] containers = [.. (pod["initContainers"]?.AsArray() ?? []).Concat(pod["containers"]!.AsArray()).Select(container => container!)];
            foreach (JsonNode container in containers)
            {
                Assert.True((bool)container["securityContext"]!["readOnlyRootFilesystem"]!);
                Assert.False((bool)container["securityContext"]!["allowPrivilegeEscalation"]!);
                Assert.Equal("ALL", (string)container["securityContext"]!["capabilities"]!["drop"]![0]!);
                JsonArray mounts = container["volumeMounts"]!.AsArray();
                Assert.All(mounts, mount => Assert.Contains((string)mount!["name"]!, volumes));
                Assert.Equal(mounts.Count, mounts.DistinctBy(mount => (string)mount!["mountPath"]!).Count());
                Assert.Contains(mounts, mount => (string)mount!["mountPath"]! == "/tmp");
                Assert.DoesNotMatch(":latest$|:$", (string)container["image"]!);
                Quantities(container);
            }

            Assert.All(volumes, volume => Assert.Contains(containers, container => container["volumeMounts"]!.AsArray().Any(mount => (string)mount!["name"]! == volume)));
        });
    }

    [Fact]
    public void ScalingMetric_IsMeasuredByTheServer()
    {
        string metric = Regex.Match(Repository.Read(HelmChart.Folder + "/values.yaml"), @"activeCallsMetric: (\S+)").Groups[1].Value;

        Assert.Contains($"| `{metric}` |", Repository.Read("docs/metrics.md"), StringComparison.Ordinal);
    }

    private static void Quantities(JsonNode container)
    {
        JsonNode? requests = container["resources"]!["requests"], limits = container["resources"]!["limits"];
        foreach ((string name, JsonNode? limit) in limits?.AsObject() ?? [])
        {
            decimal most = new ResourceQuantity(limit!.ToString()).ToDecimal();
            Assert.True(most > 0);
            if (requests?[name] is { } request)
                Assert.True(new ResourceQuantity(request.ToString()).ToDecimal() <= most, $"{name}: more is requested than the limit allows.");
        }
    }

    private static bool Matches(JsonNode selector, JsonNode labels) => selector.AsObject().All(pair => (string?)labels[pair.Key] == (string)pair.Value!);

    private static object Strict<T>(string text)
        where T : notnull => KubernetesYaml.Deserialize<T>(text, strict: true);

    [GeneratedRegex("^[a-z0-9]([-a-z0-9]*[a-z0-9])?$")]
    private static partial Regex Name();
}
