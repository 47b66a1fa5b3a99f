using System.Text.Json;
using FunctionalTests.Server;
using UnitTests.Cli;
using UnitTests.Towers;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>The verbs that make and check bundles, on the disk.</summary>
public sealed class BundleVerbTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("inference-cli-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Check_OfAGoodBundle_ShowsHowItAnswersItsGoldenCases()
    {
        string bundle = await RunningServer.WriteBundleAsync();
        CliRun run = await CliRun.Of("bundle", "check", bundle);
        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.Contains("model     small/1", run.Output, StringComparison.Ordinal);
        Assert.Contains("golden    4 cases answered as expected", run.Output, StringComparison.Ordinal);
        Assert.Equal(4, run.Output.Split('\n').Count(line => line.Contains("3 of 3", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Check_OfABrokenBundle_SaysEverythingThatIsWrong()
    {
        string bundle = await RunningServer.WriteBundleAsync();
        File.AppendAllText(Path.Combine(bundle, "items.jsonl"), "{}\n");
        File.Delete(Path.Combine(bundle, "profiles.json"));
        string file = Path.Combine(_folder, "check.json");
        CliRun run = await CliRun.Of("bundle", "check", bundle, "--json", file);
        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.Contains("items.jsonl", run.Error, StringComparison.Ordinal);
        Assert.Contains("profiles.json", run.Error, StringComparison.Ordinal);
        using JsonDocument report = JsonDocument.Parse(await File.ReadAllBytesAsync(file));
        Assert.False(report.RootElement.GetProperty("ok").GetBoolean());
        Assert.True(report.RootElement.GetProperty("reasons").GetArrayLength() >= 2);
    }

    [Fact]
    public async Task Demo_MakesABundleThatPassesTheCheck()
    {
        string[] demo = ["demo", "--out", _folder, "--items", "200", "--users", "300", "--dim", "16", "--seed", "11"];
        CliRun made = await CliRun.Of(demo);
        Assert.Equal((0, ""), (made.Code, made.Error));
        Assert.Contains("200 items, 300 users", made.Output, StringComparison.Ordinal);
        Assert.Contains("cluster_profile", made.Output, StringComparison.Ordinal);
        CliRun check = await CliRun.Of("bundle", "check", Path.Combine(_folder, "demo", "1"), "--require-hashes", "--json", "-");
        Assert.Equal((0, ""), (check.Code, check.Error));
        using JsonDocument report = JsonDocument.Parse(check.Output);
        Assert.Equal(6, report.RootElement.GetProperty("golden_cases").GetInt32());
        Assert.All(report.RootElement.GetProperty("golden").EnumerateArray(), one => Assert.True(one.GetProperty("largest_difference").GetDouble() < 1e-5));

        CliRun again = await CliRun.Of(demo);
        Assert.Equal(1, again.Code);
        Assert.Contains("exists already", again.Error, StringComparison.Ordinal);
        Assert.Contains("--overwrite", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Import_OfAMissingFolder_SaysWhich()
    {
        CliRun run = await CliRun.Of("bundle", "import", "--towers", Path.Combine(_folder, "nowhere"), "--out", _folder);
        Assert.Equal(1, run.Code);
        Assert.StartsWith("error: --towers: there is no folder", run.Error, StringComparison.Ordinal);
    }

    [SkippableFact]
    public async Task Import_OfTheRetailTowers_LearnsProfilesAndMatchesTheGoldenCases()
    {
        string towers = SharedFolder.Require("towers/online-retail"), data = SharedFolder.Require("data/online-retail");
        CliRun run = await CliRun.Of("bundle", "import", "--towers", towers, "--data", data, "--out", _folder, "--json", "-");
        Assert.Equal((0, ""), (run.Code, run.Error));
        using JsonDocument report = JsonDocument.Parse(run.Output);
        Assert.Equal("online-retail/1", report.RootElement.GetProperty("model_version").GetString());
        Assert.Equal(8, report.RootElement.GetProperty("golden_cases").GetInt32());
        Assert.Equal(3_388, report.RootElement.GetProperty("items").GetInt32());
        JsonElement[] profiles = [.. report.RootElement.GetProperty("profiles").EnumerateArray()];
        Assert.InRange(profiles.Length, 16, 32);
        Assert.All(profiles, profile => Assert.True(profile.GetProperty("users").GetInt32() >= 50));
        Assert.Equal(profiles.Length, profiles.Select(profile => profile.GetProperty("label").GetString()).Distinct().Count());
    }
}
