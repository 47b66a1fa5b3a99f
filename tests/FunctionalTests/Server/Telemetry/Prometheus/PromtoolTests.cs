using System.Diagnostics;
using UnitTests.Testing;
using Xunit;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>What Prometheus' own tool says of the shipped configuration and rules.</summary>
public sealed class PromtoolTests
{
    [SkippableFact]
    public void Configuration_IsValid_AndItsRulesToo() => Run("check", "config", Repository.PathOf("deploy/prometheus/prometheus.yml"));

    public static TheoryData<string> Tests => [.. Directory.GetFiles(Repository.PathOf("deploy/prometheus/tests"), "*.yml").Select(file => Path.GetFileName(file)!).Order(StringComparer.Ordinal)];

    [SkippableTheory]
    [MemberData(nameof(Tests))]
    public void Alerts_FireWhenTheyShould(string file) => Run("test", "rules", Repository.PathOf($"deploy/prometheus/tests/{file}"));

    private static void Run(params string[] arguments)
    {
        using Process promtool = Process.Start(new ProcessStartInfo(PrometheusRequirement.Find("promtool"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        Task<string> errors = promtool.StandardError.ReadToEndAsync();
        string output = promtool.StandardOutput.ReadToEnd();
        promtool.WaitForExit();
        Assert.True(promtool.ExitCode == 0, output + errors.Result);
    }
}
