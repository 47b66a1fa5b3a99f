using Xunit;

namespace DeployTests.Files;

/// <summary>What tests ask first that need a program or a package of this machine.</summary>
internal static class Requirement
{
    /// <summary>Skips the test where something is missing; fails it in CI, which installs all of it.</summary>
    /// <param name="missing">What is missing and how it is had; null where nothing is.</param>
    public static void Check(string? missing)
    {
        Assert.False(missing is not null && Environment.GetEnvironmentVariable("CI") == "true", missing);
        Skip.If(missing is not null, missing);
    }

    /// <summary>Whether a program is on the path.</summary>
    public static bool HasProgram(string name) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, name)));
}
