using System.Diagnostics;
using System.Text.Json;
using UnitTests.Testing;
using Xunit;

namespace FunctionalTests.Security;

/// <summary>`./dev sbom`: everything that is locked is in the bill of materials, with its hash.</summary>
public sealed class SbomTests
{
    [SkippableFact]
    public async Task Bill_ListsEveryLockedPackageWithHashAndLicence()
    {
        Skip.IfNot(HasNode(), "node is not installed.");
        string file = Path.Combine(Path.GetTempPath(), $"sbom-{Guid.NewGuid():N}.json");
        using (Process node = Process.Start(new ProcessStartInfo("node", [Repository.PathOf("build/sbom.mjs"), "--out", file]) { RedirectStandardError = true, RedirectStandardOutput = true })!)
        {
            string problems = await node.StandardError.ReadToEndAsync();
            await node.WaitForExitAsync();
            Assert.Equal((0, ""), (node.ExitCode, problems));
        }

        using JsonDocument bill = JsonDocument.Parse(await File.ReadAllTextAsync(file));
        File.Delete(file);
        Assert.Equal(("CycloneDX", "1.6"), (bill.RootElement.GetProperty("bomFormat").GetString(), bill.RootElement.GetProperty("specVersion").GetString()));
        Dictionary<string, JsonElement> components = bill.RootElement.GetProperty("components").EnumerateArray().ToDictionary(one => one.GetProperty("purl").GetString()!);
        string[] locked = [.. Locked().Distinct()];
        Assert.True(locked.Length > 50, "Too few packages are locked to believe it.");
        Assert.All(locked, purl => Assert.True(components.ContainsKey(purl), $"{purl} is missing."));
        Assert.All(components.Values, one => Assert.True(one.GetProperty("hashes")[0].GetProperty("content").GetString()!.Length >= 64, $"{one} has no hash."));
        Assert.Equal("required", components.Single(one => one.Key.StartsWith("pkg:nuget/StackExchange.Redis@", StringComparison.Ordinal)).Value.GetProperty("scope").GetString());
        Assert.Equal("excluded", components.Single(one => one.Key.StartsWith("pkg:nuget/xunit@", StringComparison.Ordinal)).Value.GetProperty("scope").GetString());
        Assert.Equal("MIT", components.Single(one => one.Key.StartsWith("pkg:nuget/Spectre.Console@", StringComparison.Ordinal)).Value.GetProperty("licenses")[0].GetProperty("license").GetProperty("id").GetString());
        HashSet<string> references = [.. components.Keys, "inference"];
        Assert.All(bill.RootElement.GetProperty("dependencies").EnumerateArray(), one => Assert.All(one.GetProperty("dependsOn").EnumerateArray(), on => Assert.Contains(on.GetString()!, references)));
    }

    /// <summary>What the lock files say, read here in another way than the script does.</summary>
    private static IEnumerable<string> Locked()
    {
        string root = Repository.PathOf("");
        foreach (string top in new[] { "src", "tests" })
        {
            foreach (string file in Directory.EnumerateFiles(Path.Combine(root, top), "packages.lock.json", SearchOption.AllDirectories))
            {
                using JsonDocument json = JsonDocument.Parse(File.ReadAllText(file));
                foreach (JsonProperty package in json.RootElement.GetProperty("dependencies").EnumerateObject().SelectMany(framework => framework.Value.EnumerateObject()))
                {
                    if (package.Value.TryGetProperty("resolved", out JsonElement version))
                        yield return $"pkg:nuget/{package.Name}@{version.GetString()}";
                }
            }
        }

        using JsonDocument npm = JsonDocument.Parse(File.ReadAllText(Path.Combine(root, "src/compat/OnnxRuntime/native/package-lock.json")));
        foreach (JsonProperty package in npm.RootElement.GetProperty("packages").EnumerateObject().Where(package => package.Name.Length > 0))
            yield return $"pkg:npm/{package.Name[(package.Name.LastIndexOf("node_modules/", StringComparison.Ordinal) + 13)..].Replace("@", "%40", StringComparison.Ordinal)}@{package.Value.GetProperty("version").GetString()}";
    }

    private static bool HasNode() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(folder => File.Exists(Path.Combine(folder, "node")));
}
