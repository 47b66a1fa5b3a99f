using System.Collections;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Inference.Server;
using Inference.Server.Configuration;
using Xunit;

namespace DeployTests.Helm;

/// <summary>What the chart tells the server is what the server understands: its settings are checked by the server itself.</summary>
public sealed class ServerSettingsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("chart-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableTheory]
    [MemberData(nameof(HelmChart.Values), MemberType = typeof(HelmChart))]
    public async Task Settings_AreAcceptedByTheServer(string values)
    {
        RenderedChart chart = await HelmChart.RenderAsync(values);
        // The first; others are dashboards.
        JsonNode data = chart.Of("ConfigMap").First(map => map["data"]!["appsettings.json"] is not null)["data"]!;
        // The pod's paths, at a place of this machine.
        Write("etc/inference/appsettings.json", ((string)data["appsettings.json"]!).Replace("\"/etc/", $"\"{_folder}/etc/", StringComparison.Ordinal));
        if (data["surfaces.json"] is { } surfaces)
            Write("etc/inference/surfaces.json", (string)surfaces!);
        WriteSecrets();
        var environment = new Hashtable();
        foreach (JsonNode? variable in chart.PodSpecs[0]["containers"]![0]!["env"]!.AsArray())
        {
            string name = (string)variable!["name"]!;
            if (name.StartsWith("Inference__", StringComparison.Ordinal))
                Assert.Contains(name.Replace("__", ":", StringComparison.Ordinal), OptionCatalogue.Entries.Select(entry => entry.Key));
            environment[name] = (string?)variable["value"] ?? "127.0.0.1:6379";
        }

        using var output = new StringWriter();
        using var error = new StringWriter();
        int code = await ServerProgram.RunAsync(["--check", "--config", Path.Combine(_folder, "etc/inference/appsettings.json")], environment, output, error);

        Assert.True(code == 0, error.ToString());
    }

    [SkippableTheory]
    [MemberData(nameof(HelmChart.Values), MemberType = typeof(HelmChart))]
    public async Task Grace_BeforeTheKill_IsAboveReadinessGraceAndDrain(string values)
    {
        RenderedChart chart = await HelmChart.RenderAsync(values);
        JsonNode server = JsonNode.Parse((string)chart.Of("ConfigMap").First()["data"]!["appsettings.json"]!)!["Inference"]!["Server"]!;
        TimeSpan grace = Time("ReadinessGrace"), drain = Time("DrainTime");
        JsonNode pod = chart.PodSpecs[0];

        Assert.True((int)pod["terminationGracePeriodSeconds"]! > (grace + drain).TotalSeconds);
        // Endpoints go before calls are refused.
        Assert.True(grace.TotalSeconds > (int)pod["containers"]![0]!["readinessProbe"]!["periodSeconds"]!);

        TimeSpan Time(string name) => TimeSpan.Parse((string)server[name]!, CultureInfo.InvariantCulture);
    }

    [SkippableFact]
    public async Task Settings_OfAGpu_AskForTheDeviceAndTheImageForIt()
    {
        RenderedChart chart = await HelmChart.RenderAsync("gpu-values.yaml");
        JsonNode pod = chart.PodSpecs[0], server = pod["containers"]![0]!;

        Assert.EndsWith("-cuda", (string)server["image"]!, StringComparison.Ordinal);
        Assert.Equal(2, (int)server["resources"]!["limits"]!["nvidia.com/gpu"]!);
        Assert.Equal("32Gi", (string)server["resources"]!["limits"]!["memory"]!);
        Assert.Contains(pod["tolerations"]!.AsArray(), toleration => (string)toleration!["key"]! == "nvidia.com/gpu");
        Assert.Contains("\"Providers\": \"cuda,cpu\"", (string)chart.Of("ConfigMap").First()["data"]!["appsettings.json"]!, StringComparison.Ordinal);
        Assert.Equal("recsys_server_active_calls", (string)chart.Single("HorizontalPodAutoscaler")["spec"]!["metrics"]![1]!["pods"]!["metric"]!["name"]!);
    }

    [SkippableFact]
    public async Task Settings_WithTls_ProbeOverHttps()
    {
        RenderedChart chart = await HelmChart.RenderAsync("secured-values.yaml");
        JsonNode server = chart.PodSpecs[0]["containers"]![0]!;

        Assert.All((string[])["startupProbe", "readinessProbe", "livenessProbe"], probe => Assert.Equal("HTTPS", (string)server[probe]!["httpGet"]!["scheme"]!));
        Assert.Equal("https", (string)chart.Single("ServiceMonitor")["spec"]!["endpoints"]![0]!["scheme"]!);
        Assert.All(chart.Of("Service"), service => Assert.Equal("https", (string)service["spec"]!["ports"]![0]!["appProtocol"]!));
        Assert.NotEmpty(chart.Single("PrometheusRule")["spec"]!["groups"]!.AsArray());
        Assert.Contains(chart.Of("ConfigMap"), map => map["metadata"]!["labels"]!["grafana_dashboard"] is not null);
    }

    [SkippableTheory]
    [InlineData("redis: { configuration: 'redis:6379' }", "state.existingSecret is needed with Redis")]
    [InlineData("models: { source: image }", "models.image.repository is needed")]
    [InlineData("models: { source: claim }", "models.claim is needed")]
    [InlineData("models: { source: volume }", "models.volume is needed")]
    public async Task Values_ThatCannotServe_AreRefusedWithTheReason(string values, string reason)
    {
        (int code, _, string error) = await HelmChart.TryRenderAsync(values);

        Assert.Equal(1, code);
        Assert.Contains(reason, error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Notes_TellWhatIsOpen()
    {
        Assert.Contains("! Nobody is asked who they are", (await HelmChart.RenderAsync("")).Notes, StringComparison.Ordinal);
        Assert.DoesNotContain("!", (await HelmChart.RenderAsync("secured-values.yaml")).Notes, StringComparison.Ordinal);
    }

    /// <summary>What the secrets of the values hold: a certificate and an empty list of clients.</summary>
    private void WriteSecrets()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=inference", key, HashAlgorithmName.SHA256);
        using X509Certificate2 certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow().AddDays(-1), TimeProvider.System.GetUtcNow().AddDays(1));
        Write("etc/inference-tls/tls.crt", certificate.ExportCertificatePem());
        Write("etc/inference-tls/ca.crt", certificate.ExportCertificatePem());
        Write("etc/inference-tls/tls.key", key.ExportPkcs8PrivateKeyPem());
        Write("etc/inference-clients/clients.json", """{ "clients": [ { "name": "web", "roles": ["serve"], "certificates": ["subject:CN=web"] } ] }""");
    }

    private void Write(string path, string text)
    {
        string file = Path.Combine(_folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, text);
    }
}
