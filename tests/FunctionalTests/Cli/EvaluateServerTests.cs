using System.Text.Json;
using FunctionalTests.Server;
using Inference.Cli.Frame;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Microsoft.Extensions.Logging.Abstractions;
using Recsys.V1;
using UnitTests.Cli;
using UnitTests.Training.Fused;
using Xunit;

namespace FunctionalTests.Cli;

/// <summary>A bundle trained from three CSV files, served, and held against its offline scores through `evaluate --server`.</summary>
public sealed class EvaluateServerTests : IDisposable
{
    private readonly FusedFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Evaluate_OfAServerWithATrainedBundle_FindsTheScoresOfTheBundle()
    {
        EvaluationInputs inputs = _folder.Inputs();
        string bundle = await TrainAsync(inputs, "1"), json = _folder.File("out.json");
        await using RunningServer server = await RunningServer.StartAsync(options => options.Bundle.Path = bundle);

        RecommendResponse slate = await server.Recommendations.RecommendAsync(new RecommendRequest { Limit = 20, RecentItemIds = { "i0", "i6", "i12" }, Context = { ["country"] = new FeatureValue { StringValue = "c0" } } });
        Assert.Equal((20, "shop/1", Rung.Session), (slate.Items.Count, slate.ModelVersion, slate.ServedBy));
        Assert.True(slate.Items.Select(item => item.Source).Distinct().Count() > 1, string.Join(", ", slate.Items.Select(item => item.Source)));

        CliRun run = await CliRun.Of("evaluate", "--data", _folder.Path, "--models", "popularity", "--bundle", bundle, "--server", server.Host.GrpcAddress, "--json", json);

        Assert.True(run.Code == ExitCode.Ok, run.Error);
        Assert.Contains("NDCG@10 against the bundle: unseen_user", run.Output, StringComparison.Ordinal);
        using JsonDocument document = JsonDocument.Parse(await File.ReadAllBytesAsync(json));
        JsonElement told = document.RootElement.GetProperty("server"), results = document.RootElement.GetProperty("results");
        Assert.Equal("{}", told.GetProperty("degradations").GetRawText());
        Assert.Equal(told.GetProperty("answers").GetInt32(), told.GetProperty("rungs").EnumerateObject().Sum(rung => rung.Value.GetInt32()));
        Assert.Equal("shop/1", told.GetProperty("model_version").GetString());
        JsonElement relative = told.GetProperty("ndcg@10_rel_to_bundle");
        Assert.Equal(results.GetProperty("bundle").EnumerateObject().Select(scenario => scenario.Name), relative.EnumerateObject().Select(scenario => scenario.Name));
        foreach (JsonProperty scenario in relative.EnumerateObject())
            Assert.InRange(scenario.Value.GetDouble(), -0.005, 0.005);
        Assert.Equal(results.GetProperty("bundle").GetProperty("few_5").GetProperty("recall@10").GetDouble(), results.GetProperty("server").GetProperty("few_5").GetProperty("recall@10").GetDouble(), 2);
    }

    [Fact]
    public async Task Evaluate_OfAServerWithAnotherModel_SaysSo()
    {
        string bundle = await TrainAsync(_folder.Inputs(), "2");
        await using RunningServer server = await RunningServer.StartAsync();
        CliRun run = await CliRun.Of("evaluate", "--data", _folder.Path, "--models", "popularity", "--bundle", bundle, "--server", server.Host.GrpcAddress);
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("has another model: Version 'shop/2' is not loaded", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Evaluate_OfNoServer_SaysThatNobodyAnswers()
    {
        CliRun run = await CliRun.Of("evaluate", "--data", _folder.Path, "--models", "popularity", "--server", "http://127.0.0.1:1");
        Assert.Equal(ExitCode.Failed, run.Code);
        Assert.Contains("no server answers at http://127.0.0.1:1", run.Error, StringComparison.Ordinal);
        Assert.Contains("--server", run.Error, StringComparison.Ordinal);
    }

    private async Task<string> TrainAsync(EvaluationInputs inputs, string version)
    {
        string bundle = _folder.File($"models/shop/{version}");
        await BundleTrainer.TrainAsync(
            inputs, bundle, "shop", version, FusedFolder.QuickOptions, null, overwrite: false, TimeProvider.System, NullLogger.Instance, _ => new Progress<double>(), CancellationToken.None);
        return bundle;
    }
}
