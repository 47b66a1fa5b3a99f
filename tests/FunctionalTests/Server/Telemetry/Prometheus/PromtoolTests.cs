using System.Diagnostics;
using UnitTests.Testing;
using Xunit;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>What Prometheus' own tool says of the shipped configuration and rules.</summary>
public sealed class PromtoolTests
{
    [SkippableFact]
    public Task Configuration_IsValid_AndItsRulesToo() => RunAsync("check", "config", Repository.PathOf("deploy/prometheus/prometheus.yml"));

    public static TheoryData<string> Tests => [.. Directory.GetFiles(Repository.PathOf("deploy/prometheus/tests"), "*.yml").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [SkippableTheory]
    [MemberData(nameof(Tests))]
    public Task Alerts_FireWhenTheyShould(string file) => RunAsync("test", "rules", Repository.PathOf($"deploy/prometheus/tests/{file}"));

    private static async Task RunAsync(params string[] arguments)
    {
        using Process promtool = Process.Start(new ProcessStartInfo(PrometheusRequirement.Find("promtool"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = promtool.StandardError.ReadToEndAsync();
        string output = await promtool.StandardOutput.ReadToEndAsync();
        await promtool.WaitForExitAsync();
        Assert.True(promtool.ExitCode == 0, output + await errors);
    }
}
