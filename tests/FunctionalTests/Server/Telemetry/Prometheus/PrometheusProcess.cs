using System.Diagnostics;
using System.Text.Json;
using RedisRig;
using Xunit;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>A Prometheus of its own on a free port, in a temporary folder, which scrapes one server; ended with the test.</summary>
internal sealed class PrometheusProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _folder;
    private readonly HttpClient _http;

    private PrometheusProcess(Process process, string folder, int port) =>
        (_process, _folder, _http) = (process, folder, new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") });

    /// <summary>Starts one and waits until it is ready.</summary>
    /// <param name="target">Host and port of what it scrapes, twice a second, as the job "inference".</param>
    /// <param name="rules">Path of a file of rules.</param>
    /// <exception cref="SkipException">There is no Prometheus on this machine.</exception>
    public static async Task<PrometheusProcess> StartAsync(string target, string rules)
    {
        string program = PrometheusRequirement.Find("prometheus"), folder = Directory.CreateTempSubdirectory("prometheus-").FullName;
        string configuration = Path.Combine(folder, "prometheus.yml");
        await File.WriteAllTextAsync(configuration, $$"""
            global: { scrape_interval: 500ms, evaluation_interval: 500ms }
            rule_files: ["{{rules}}"]
            scrape_configs:
              - job_name: inference
                static_configs: [ { targets: ["{{target}}"] } ]
            """);
        int port = FreePort();
        string[] arguments =
        [
            $"--config.file={configuration}", $"--storage.tsdb.path={Path.Combine(folder, "data")}", $"--web.listen-address=127.0.0.1:{port}", "--enable-feature=exemplar-storage", "--log.level=error",
        ];
        var process = new PrometheusProcess(Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true, RedirectStandardOutput = true })!, folder, port);
        process._process.BeginErrorReadLine();
        process._process.BeginOutputReadLine();
        await process.UntilAsync(async () => (await process._http.GetAsync("/-/ready")).IsSuccessStatusCode);
        return process;
    }

    /// <summary>Asks the HTTP API.</summary>
    /// <returns>"data" of the answer.</returns>
    public async Task<JsonElement> AskAsync(string path, params (string Name, string Value)[] parameters)
    {
        using var form = new FormUrlEncodedContent(parameters.Select(parameter => KeyValuePair.Create(parameter.Name, parameter.Value)));
        using HttpResponseMessage response = parameters.Length == 0 ? await _http.GetAsync(path) : await _http.PostAsync(path, form);
        JsonElement answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        Assert.True(answer.GetProperty("status").GetString() == "success", $"{string.Join(' ', parameters.Select(parameter => parameter.Value))}: {answer}");
        return answer.GetProperty("data");
    }

    /// <summary>Evaluates an expression now: its series with their labels.</summary>
    public async Task<JsonElement[]> QueryAsync(string expression) => [.. (await AskAsync("/api/v1/query", ("query", expression))).GetProperty("result").EnumerateArray()];

    /// <summary>Waits, generously, for a condition; what cannot be reached yet is not it.</summary>
    public async Task UntilAsync(Func<Task<bool>> isSo, string otherwise = "Prometheus did not get there within a minute.")
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                if (await isSo())
                    return;
            }
            catch (HttpRequestException) when (attempt < 600 && !_process.HasExited)
            {
                // It is not listening yet.
            }

            Assert.True(attempt < 600, otherwise);
            Assert.False(_process.HasExited, "Prometheus has ended.");
            await Task.Delay(100);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static int FreePort() => FreePorts.Take();
}
