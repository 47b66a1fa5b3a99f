using System.Diagnostics;
using System.Text.Json;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Models;
using Inference.Training.Profiles;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Fused;

/// <summary>
/// From a data folder to a bundle that serves.
/// <list type="number">
/// <item>Train on the training part, choose on the validation part (<see cref="FusedTrainer"/>).</item>
/// <item>Judge the model, beside popularity, on the test part: its card.</item>
/// <item>Publish, by one rename, what a server loads.</item>
/// </list>
/// </summary>
public static class BundleTrainer
{
    /// <param name="inputs">Data, split, features, judge.</param>
    /// <param name="folder">Target of the bundle, by convention repository/name/version.</param>
    /// <param name="name">Name of the bundle.</param>
    /// <param name="version">Its version.</param>
    /// <param name="options">How to train.</param>
    /// <param name="parentSpaceId">The space of the bundle that training goes on from; null for none.</param>
    /// <param name="overwrite">Whether an existing target is replaced.</param>
    /// <param name="time">Clock for the manifest.</param>
    /// <param name="logger">Receives what the loader has to say.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <param name="cancellationToken">Gives up; nothing stays behind.</param>
    /// <exception cref="BundleExistsException">The target exists and is not to be replaced.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public static async Task<TrainingReport> TrainAsync(
        EvaluationInputs inputs, string folder, string name, string version, FusedOptions options, string? parentSpaceId, bool overwrite, TimeProvider time, ILogger logger,
        Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        if (!overwrite && Path.Exists(folder))
            throw new BundleExistsException(Path.GetFullPath(folder));
        long begun = Stopwatch.GetTimestamp();

        // :: Step 1 train
        var set = new TrainingSet(inputs.Data, inputs.Split, inputs.Features, Splits.TrainingEventsBuilder.Build(inputs.Split, inputs.Data.Events));
        using TrainedModel model = await Task.Run(() => FusedTrainer.Train(set, inputs.Judge, options, begin, cancellationToken), cancellationToken);

        // :: Step 2 judge
        EvaluationPart part = JudgedPart.Of(inputs);
        IReadOnlyList<ScenarioResult> results = await Task.Run(() => Judge(inputs, model, part, begin("judging"), cancellationToken), cancellationToken);
        TimeSpan trained = Stopwatch.GetElapsedTime(begun);
        JsonElement card = ModelCard.Of(model, results, part, trained);

        // :: Step 3 publish
        BundleContent content = TrainedBundle.Of(model, name, version, card, parentSpaceId);
        LoadedBundle loaded = await BundlePublisher.PublishAsync(folder, content, new ProfileOptions(), overwrite, time, logger, begin, cancellationToken);
        using (loaded.Snapshot)
        {
            return new TrainingReport(Path.GetFullPath(folder), loaded.Snapshot.Model.EmbeddingSpaceId, part, results, [.. model.Fusion.Sources.Select(source => source.Name)], card, Stopwatch.GetElapsedTime(begun));
        }
    }

    private static List<ScenarioResult> Judge(EvaluationInputs inputs, TrainedModel model, EvaluationPart part, IProgress<double> progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<Scenario> scenarios = Scenarios.All(inputs.Split, part, inputs.Contexts);
        RankingModel[] models = [PopularityModel.Fit(inputs.Split), model.Towers, model.Ranking("fused")];
        var results = new List<ScenarioResult>();
        for (int i = 0; i < scenarios.Count; i++)
        {
            foreach (RankingModel one in models)
            {
                if (!scenarios[i].NeedsColdItems || one.ScoresColdItems)
                    results.Add(inputs.Judge.Evaluate(one, scenarios[i], cancellationToken));
            }

            progress.Report((i + 1.0) / scenarios.Count);
        }

        return results;
    }
}
