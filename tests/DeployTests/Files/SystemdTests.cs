using System.Collections;
using System.Globalization;
using System.Text.RegularExpressions;
using Inference.Server;
using UnitTests.Testing;
using Xunit;

namespace DeployTests.Files;

/// <summary>The unit for systemd, by systemd's own tools and by the server.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("unit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [SkippableFact]
    public async Task Unit_IsUnderstoodBySystemd_AndOpenToLittle()
    {
        Requirement.Check(Requirement.HasProgram("systemd-analyze") ? null : "systemd-analyze is missing: apt-get install systemd.");
        // What it starts and reads is not installed here; the rest is the unit as it is.
        string unit = Path.Combine(_folder, "inference.service");
        await File.WriteAllTextAsync(unit, Unit().Replace("/usr/bin/dotnet", "/bin/true", StringComparison.Ordinal).Replace("EnvironmentFile=/", "EnvironmentFile=-/", StringComparison.Ordinal));

        (int verified, string output, string problems) = await Programs.RunAsync("systemd-analyze", ["verify", unit]);
        (int secure, string exposure, string error) = await Programs.RunAsync("systemd-analyze", ["security", "--offline=yes", "--threshold=20", "--no-pager", unit]);

        Assert.True(verified == 0 && problems.Length == 0, output + problems);
        // At most 2.0 of 10; 9.6 is a service without any of it.
        Assert.True(secure == 0, exposure + error);
    }

    [SkippableFact]
    public async Task Unit_WithAWrongWord_IsRefused()
    {
        Requirement.Check(Requirement.HasProgram("systemd-analyze") ? null : "systemd-analyze is missing: apt-get install systemd.");
        string unit = Path.Combine(_folder, "inference.service");
        await File.WriteAllTextAsync(unit, Unit().Replace("ProtectSystem=", "ProtectSytem=", StringComparison.Ordinal).Replace("/usr/bin/dotnet", "/bin/true", StringComparison.Ordinal));

        (_, _, string problems) = await Programs.RunAsync("systemd-analyze", ["verify", unit]);

        Assert.Contains("ProtectSytem", problems, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Settings_AreAcceptedByTheServer_AndEndBeforeTheKill()
    {
        using var error = new StringWriter();
        string settings = Repository.PathOf("deploy/systemd/appsettings.json");

        int code = await ServerProgram.RunAsync(["--check", "--config", settings], new Hashtable(), TextWriter.Null, error);

        Assert.True(code == 0, error.ToString());
        int stop = int.Parse(Regex.Match(Unit(), @"TimeoutStopSec=(\d+)s").Groups[1].Value, CultureInfo.InvariantCulture);
        string text = await File.ReadAllTextAsync(settings);
        Assert.True(stop > Time("ReadinessGrace") + Time("DrainTime"));
        Assert.Matches(@"CacheDirectory=inference\n", Unit());
        Assert.Contains("/var/cache/inference", text, StringComparison.Ordinal);

        double Time(string name) => TimeSpan.Parse(Regex.Match(text, $"\"{name}\": \"([0-9:]+)\"").Groups[1].Value, CultureInfo.InvariantCulture).TotalSeconds;
    }

    private static string Unit() => Repository.Read("deploy/systemd/inference.service");
}
