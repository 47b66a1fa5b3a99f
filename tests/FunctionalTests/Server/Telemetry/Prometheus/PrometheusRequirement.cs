using Xunit;

namespace FunctionalTests.Server.Telemetry.Prometheus;

/// <summary>What tests that need a real Prometheus ask first.</summary>
internal static class PrometheusRequirement
{
    private static readonly string[] Folders = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), UnitTests.Testing.Repository.PathOf(".local/prometheus/usr/bin")];

    /// <summary>The path of "prometheus" or "promtool". Skips the test where it is missing; fails it instead in CI, or where INFERENCE_REQUIRE_PROMETHEUS is 1.</summary>
    public static string Find(string program)
    {
        string? path = Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        string missing = $"{program} is not on the path; './dev test' fetches Debian's package where it may.";
        bool isRequired = Environment.GetEnvironmentVariable("CI") == "true" || Environment.GetEnvironmentVariable("INFERENCE_REQUIRE_PROMETHEUS") == "1";
        Assert.False(isRequired && path is null, missing);
        Skip.If(path is null, missing);
        return path!;
    }
}
