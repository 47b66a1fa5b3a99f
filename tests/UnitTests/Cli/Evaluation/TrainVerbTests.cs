using System.Text.Json;
using Inference.Cli.Frame;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Fused;
using Microsoft.Extensions.Logging.Abstractions;
using UnitTests.Training.Fused;
using Xunit;

namespace UnitTests.Cli.Evaluation;

public sealed class TrainVerbTests
{
    [Fact]
    public async Task Train_OfAFolder_WritesABundleThatEvaluateJudgesAlike()
    {
        using var folder = new FusedFolder(users: 260);
        string earlier = folder.File("models/shop/6"), bundle = folder.File("models/shop/7"), json = folder.File("training.json"), judged = folder.File("judged.json");
        // Towers go on from small ones, and stay small: of full size they take a while.
        TrainingReport small = await BundleTrainer.TrainAsync(
            folder.Inputs(), earlier, "shop", "6", FusedFolder.QuickOptions, null, overwrite: false, TimeProvider.System, NullLogger.Instance, _ => new Progress<double>(), CancellationToken.None);

        CliRun run = await CliRun.Of("train", "--data", folder.Path, "--warm-start", earlier, "--out", bundle, "--json", json);
        Assert.True(run.Code == ExitCode.Ok, run.Error);
        Assert.Contains("fused ÷ popularity", run.Output, StringComparison.Ordinal);
        Assert.Contains($"--bundle {bundle}", run.Output, StringComparison.Ordinal);
        Assert.Matches("items.title +│ Text +│ +120 │ +0 │ text, first", run.Output);
        using JsonDocument training = JsonDocument.Parse(await File.ReadAllBytesAsync(json));
        JsonElement scores = training.RootElement.GetProperty("model_card").GetProperty("scores");

        Assert.Equal(("shop", "7", small.EmbeddingSpaceId), (BundleLoader.ReadManifest(bundle).Name, BundleLoader.ReadManifest(bundle).Version, BundleLoader.ReadManifest(bundle).ParentSpaceId));

        CliRun again = await CliRun.Of("train", "--data", "nowhere", "--out", bundle);
        Assert.Equal(ExitCode.Failed, again.Code);
        Assert.Contains("--overwrite replaces it", again.Error, StringComparison.Ordinal);

        CliRun evaluate = await CliRun.Of("evaluate", "--data", folder.Path, "--models", "popularity", "--bundle", bundle, "--json", judged);
        Assert.True(evaluate.Code == ExitCode.Ok, evaluate.Error);
        using JsonDocument evaluation = JsonDocument.Parse(await File.ReadAllBytesAsync(judged));
        JsonElement served = evaluation.RootElement.GetProperty("results").GetProperty("bundle");
        foreach (JsonProperty scenario in scores.EnumerateObject())
        {
            // ONNX may swap items whose scores are the same but for rounding.
            double told = scenario.Value.GetProperty("fused").GetProperty("ndcg@10").GetDouble(), found = served.GetProperty(scenario.Name).GetProperty("ndcg@10").GetDouble();
            Assert.True(Math.Abs(told - found) < 0.002, $"{scenario.Name}: {told} told, {found} found");
        }
    }

    [Fact]
    public async Task Train_OfFewerUsersThanItems_WritesABundleThatLoads()
    {
        // Fewer users than items, and both fewer than the length of an embedding.
        using var folder = new FusedFolder(users: 40);
        string bundle = folder.File("models/tiny/1");

        CliRun run = await CliRun.Of("train", "--data", folder.Path, "--out", bundle);

        Assert.True(run.Code == ExitCode.Ok, run.Error);
        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle, new TowerOptions(), null, NullLogger.Instance);
        using (loaded.Snapshot)
            Assert.Equal("tiny", loaded.Snapshot.Model.Name);
    }

    [Fact]
    public async Task Train_WithoutData_SaysWhatIsMissing()
    {
        CliRun run = await CliRun.Of("train", "--data", "nowhere", "--out", "models/shop/1");
        Assert.Equal((ExitCode.Failed, "error: There is no folder nowhere."), (run.Code, run.Error.TrimEnd()));
    }

    [Theory]
    [InlineData("events.csv/1", "", "events.csv' is a file")]
    [InlineData("models/shop/1", "no-folder/training.json", "--json: there is no folder")]
    public async Task Train_WithATargetThatCannotBeWritten_SaysSoBeforeItReadsTheData(string target, string json, string complaint)
    {
        using var folder = new FusedFolder(users: 20);
        CliRun run = await CliRun.Of(["train", "--data", "nowhere", "--out", folder.File(target), .. json.Length == 0 ? Array.Empty<string>() : ["--json", folder.File(json)]]);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains(complaint, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("nowhere", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Train_OfEventsWithoutItems_NamesFileAndColumn()
    {
        using var folder = new FusedFolder(users: 20);
        await File.WriteAllTextAsync(folder.File("events.csv"), "user_id,timestamp\nu1,1600000000\n");
        CliRun run = await CliRun.Of("train", "--data", folder.Path, "--out", folder.File("models/shop/1"));
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("events.csv", run.Error, StringComparison.Ordinal);
        Assert.Contains("item_id", run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("bug", run.Error, StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder.File("models")));
    }

    [Fact]
    public async Task Train_WithoutATarget_SaysWhichOption()
    {
        CliRun run = await CliRun.Of("train", "--data", "nowhere");
        Assert.Equal(ExitCode.Usage, run.Code);
        Assert.Contains("--out", run.Error, StringComparison.Ordinal);
    }
}
