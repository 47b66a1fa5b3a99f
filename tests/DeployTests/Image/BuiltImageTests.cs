using System.Diagnostics;
using System.Net;
using DeployTests.Files;
using RedisRig;
using Xunit;

namespace DeployTests.Image;

/// <summary>The steps of the image, and what comes of them: run by a user without rights, from a tree that it cannot write to, asked, and stopped.</summary>
public sealed class BuiltImageTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private BuiltImage? _image;

    public void Dispose() => _image?.Dispose();

    [SkippableFact]
    public async Task Image_BuiltByItsSteps_ServesAsAUserWithoutRightsFromAReadOnlyTree()
    {
        Skip.If(Environment.GetEnvironmentVariable("CI") != "true" && Environment.GetEnvironmentVariable("INFERENCE_IMAGE") != "1", "It compiles everything anew, which takes a minute or more: CI does, and INFERENCE_IMAGE=1.");
        Requirement.Check(Requirement.HasProgram("git") && Requirement.HasProgram("setpriv") && Requirement.HasProgram("bash") ? null : "git, bash and setpriv (util-linux) are needed to carry out the steps of an image.");
        _image = await BuiltImage.MakeAsync();
        Assert.True(File.Exists(_image.PathOf("/app/Inference.Server.deps.json")));

        // The init container of the chart: the demo bundle.
        await RunAsync("dotnet", _image.PathOf("/cli/inference.dll"), "demo", "--out", _image.PathOf("/models"), "--items", "300", "--users", "100");
        await Programs.RunAsync("chmod", ["-R", "a+rX,a-w", _image.Root]);
        await Programs.RunAsync("chmod", ["u+w", _image.PathOf("/cache"), _image.PathOf("/decisions")]);
        int grpc = FreePort(), http = FreePort();
        using Process server = Start(grpc, http);
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{http}") };
            await UntilReadyAsync(client, server);

            // The health check of the image, and the test of the chart.
            Assert.Equal(0, (await Programs.RunAsync(_image.PathOf("/usr/local/bin/healthcheck"), [$"{http}"])).Code);
            Assert.NotEqual(0, (await Programs.RunAsync(_image.PathOf("/usr/local/bin/healthcheck"), [$"{FreePort()}"])).Code);
            string said = await RunAsync("dotnet", _image.PathOf("/cli/inference.dll"), "recommend", "--address", $"http://127.0.0.1:{grpc}", "--limit", "3");
            Assert.Contains("popular", said, StringComparison.OrdinalIgnoreCase);
            // No JSON on a public address, by default.
            Assert.Equal(HttpStatusCode.NotFound, (await client.PostAsync("/v1/recommend", new StringContent("{}", System.Text.Encoding.UTF8, "application/json"))).StatusCode);
            // What it made of the bundle is kept where the volume is, and nothing else was written.
            Assert.NotEmpty(Directory.EnumerateFiles(_image.PathOf("/cache"), "*", SearchOption.AllDirectories));

            await Programs.RunAsync("kill", ["-TERM", $"{server.Id}"]);
            await server.WaitForExitAsync(new CancellationTokenSource(Patience).Token);
            Assert.Equal(0, server.ExitCode);
            Assert.Contains("Stopping: not ready any more", Errors(), StringComparison.Ordinal);
        }
        finally
        {
            if (!server.HasExited)
                server.Kill(entireProcessTree: true);
            await Programs.RunAsync("chmod", ["-R", "u+w", _image.Root]);
        }
    }

    private readonly System.Text.StringBuilder _errors = new();

    private string Errors()
    {
        lock (_errors)
            return _errors.ToString();
    }

    private Process Start(int grpc, int http)
    {
        Dockerfile.Stage stage = _image!.Stage;
        var start = new ProcessStartInfo { RedirectStandardError = true, WorkingDirectory = _image.PathOf("/app") };
        // The user of the image; who is no root stays who they are, without any further rights.
        string[] user = Environment.IsPrivilegedProcess ? ["--reuid", stage.Of("USER").Single().Split(':')[0], "--regid", stage.Of("USER").Single().Split(':')[1], "--clear-groups"] : [];
        start.FileName = "setpriv";
        foreach (string argument in (string[])[.. user, "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "dotnet", _image.PathOf("/app/Inference.Server.dll")])
        {
            if (Environment.IsPrivilegedProcess || !argument.StartsWith("--bounding", StringComparison.Ordinal))
                start.ArgumentList.Add(argument);
        }

        foreach ((string name, string value) in stage.Environment)
            start.Environment[name] = value.Replace("*:5001", $"127.0.0.1:{grpc}", StringComparison.Ordinal).Replace("*:5080", $"127.0.0.1:{http}", StringComparison.Ordinal);
        start.Environment["Inference__Bundle__Path"] = _image.PathOf("/models/demo");
        start.Environment["Inference__Loading__CacheFolder"] = _image.PathOf("/cache");
        start.Environment["Inference__Server__AdminAddress"] = "";
        start.Environment["HOME"] = "/nonexistent";
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
        return process;
    }

    private async Task UntilReadyAsync(HttpClient client, Process server)
    {
        using var patience = new CancellationTokenSource(Patience);
        while (true)
        {
            Assert.False(server.HasExited, Errors());
            try
            {
                if ((await client.GetAsync("/readyz", patience.Token)).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }

            await Task.Delay(100, patience.Token);
        }
    }

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        (int code, string output, string error) = await Programs.RunAsync(program, arguments, environment: new Dictionary<string, string?> { ["ORT_DISABLE_TELEMETRY"] = "1" });
        Assert.True(code == 0, error);
        return output;
    }

    private static int FreePort() => FreePorts.Take();
}
