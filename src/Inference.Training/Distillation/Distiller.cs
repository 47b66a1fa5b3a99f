using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Inference.Recommendations.Fusion;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Inference.Training.Models;
using Inference.Training.Profiles;
using Inference.Training.Splits;
using Inference.Training.TwoTower;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Distillation;

/// <summary>
/// From any bundle, its teacher, to a bundle with smaller towers (Hinton, Vinyals and Dean, "Distilling the knowledge in a neural network", 2015; Tang and Wang, "Ranking distillation", 2018).
/// <list type="number">
/// <item>Train the student's towers with the scores of the teacher's towers as soft targets beside the events, and the other sources around them.</item>
/// <item>Where weights are to be int8: hold the quantised towers against the exact ones, and refuse what costs too much.</item>
/// <item>Judge both pairs of towers on the test part, user by user.</item>
/// <item>Publish; then time both user towers as they serve, in turns.</item>
/// </list>
/// </summary>
public static class Distiller
{
    private static readonly (int Batch, int Rounds)[] Timed = [(1, 400), (64, 100)];

    /// <param name="inputs">Data, split, features, judge.</param>
    /// <param name="teacherFolder">The teacher's bundle; towers of any origin.</param>
    /// <param name="folder">Target of the student, by convention repository/name/version.</param>
    /// <param name="name">Name of the student.</param>
    /// <param name="version">Its version.</param>
    /// <param name="options">How.</param>
    /// <param name="overwrite">Whether an existing target is replaced.</param>
    /// <param name="time">Clock for the manifest.</param>
    /// <param name="logger">Receives what the loader has to say.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <param name="cancellationToken">Gives up; nothing stays behind.</param>
    /// <exception cref="BundleExistsException">The target exists and is not to be replaced.</exception>
    /// <exception cref="BundleException">The teacher cannot be loaded.</exception>
    /// <exception cref="InvalidDataException">The teacher knows none of the items.</exception>
    /// <exception cref="QualityLossException">int8 weights cost more than <see cref="DistilOptions.LargestLoss"/>.</exception>
    public static async Task<DistilReport> DistilAsync(
        EvaluationInputs inputs, string teacherFolder, string folder, string name, string version, DistilOptions options, bool overwrite, TimeProvider time, ILogger logger,
        Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        if (!overwrite && Path.Exists(folder))
            throw new BundleExistsException(Path.GetFullPath(folder));
        long begun = Stopwatch.GetTimestamp();
        begin("loading the teacher");
        LoadedBundle teacher = await BundleLoader.LoadAsync(teacherFolder, new TowerOptions(), null, logger, cancellationToken: cancellationToken);
        using (teacher.Snapshot)
        {
            using TowerRanking teacherTowers = TowerRanking.Of("teacher", teacher, inputs);
            if (teacherTowers.KnownShare == 0)
                throw new InvalidDataException($"The bundle '{teacherFolder}' knows none of the items of '{inputs.Dataset}'.");
            string parent = teacher.Snapshot.Model.EmbeddingSpaceId;

            // :: Step 1 train
            var set = new TrainingSet(inputs.Data, inputs.Split, inputs.Features, TrainingEventsBuilder.Build(inputs.Split, inputs.Data.Events));
            var training = new FusedOptions
            {
                Seed = options.Seed,
                Teacher = teacherTowers,
                Towers = new TwoTowerOptions { Dimension = options.Dimension, Hidden = options.Hidden, TeacherShare = options.TeacherShare, IsTeacherAskedWithoutHistory = true },
            };
            using TrainedModel model = await Task.Run(() => FusedTrainer.Train(set, inputs.Judge, training, begin, cancellationToken), cancellationToken);

            // :: Step 2 int8
            BundleContent content = TrainedBundle.Of(model, name, version, null, parent, options.Precision) with { Producer = "inference distill" };
            Int8Cost? cost = null;
            if (options.Precision == WeightPrecision.Int8)
            {
                begin("holding int8 against float32");
                cost = await Int8Check.CompareAsync(TrainedBundle.Of(model, name, version, null, parent), content, inputs, logger, cancellationToken);
                if (cost.Loss > options.LargestLoss)
                    throw new QualityLossException(string.Create(CultureInfo.InvariantCulture, $"int8 weights cost {cost.Loss:P2} of NDCG@10 on the validation part, more than the {options.LargestLoss:P2} that are allowed; nothing was written."));
            }

            // :: Step 3 judge
            EvaluationPart part = JudgedPart.Of(inputs);
            (IReadOnlyList<KeptQuality> kept, IReadOnlyList<ScenarioResult> results) = await JudgeAsync(inputs, content, model, teacherTowers, part, begin("judging"), logger, cancellationToken);
            JsonElement card = CardOf(ModelCard.Of(model, results, part, Stopwatch.GetElapsedTime(begun)), parent, options, kept, cost);

            // :: Step 4 publish, time
            LoadedBundle student = await BundlePublisher.PublishAsync(folder, content with { ModelCard = card }, new ProfileOptions(), overwrite, time, logger, begin, cancellationToken);
            using (student.Snapshot)
            {
                begin("timing both user towers");
                using TowerRanking studentTowers = TowerRanking.Of("student", student, inputs);
                var times = new List<TowerTimes>();
                foreach ((int batch, int rounds) in Timed)
                    times.Add(await TowerTiming.MeasureAsync((teacher, teacherTowers), (student, studentTowers), inputs, batch, rounds));
                return new DistilReport(Path.GetFullPath(folder), student.Snapshot.Model.EmbeddingSpaceId, parent, part, kept, times, cost, card, Stopwatch.GetElapsedTime(begun));
            }
        }
    }

    private static async Task<(List<KeptQuality> Kept, List<ScenarioResult> Results)> JudgeAsync(
        EvaluationInputs inputs, BundleContent content, TrainedModel model, TowerRanking teacher, EvaluationPart part, IProgress<double> progress, ILogger logger, CancellationToken cancellationToken)
    {
        using OpenedTowers opened = OpenedTowers.Open(content, new TowerOptions(), logger);
        using TowerRanking student = await TowerRanking.OfAsync("student", opened, content, inputs, cancellationToken);
        return await Task.Run(
            () =>
            {
                var kept = new List<KeptQuality>();
                var results = new List<ScenarioResult>();
                IReadOnlyList<Scenario> scenarios = Scenarios.All(inputs.Split, part, inputs.Contexts);
                RankingModel[] models = [PopularityModel.Fit(inputs.Split), teacher, student, Served(model, student)];
                for (int i = 0; i < scenarios.Count; i++)
                {
                    ScenarioResult?[] found = [.. models.Select(one => scenarios[i].NeedsColdItems && !one.ScoresColdItems ? null : inputs.Judge.Evaluate(one, scenarios[i], cancellationToken))];
                    results.AddRange(found.OfType<ScenarioResult>());
                    kept.Add(Kept(found[1]!, found[2]!));
                    progress.Report((i + 1.0) / scenarios.Count);
                }

                return (kept, results);
            },
            cancellationToken);
    }

    /// <summary>The fused model with the towers that are written, int8 weights and all, in place of those that were trained. Its rows are those of the content.</summary>
    private static FusedRanking Served(TrainedModel model, TowerRanking student)
    {
        TowerItems items = TowerItems.Of(student.Items);
        ScoreSource[] sources = [.. model.Fusion.Sources.Select(source => source is TowerSource tower ? new TowerSource(tower.Name, items, tower.IsOfContext, tower.IsStandardised) : source)];
        // It is not disposed: the model owns what the two share.
        var fusion = new FusionModel(sources, model.Fusion.Weights);
        return new FusedRanking("fused", new FusedScorer(fusion, new FusionOptions { DenseItems = int.MaxValue }), UserEmbedder.Of(student), model.Set.Plan.Contexts, model.Set.Plan.UserFeatures);
    }

    private static KeptQuality Kept(ScenarioResult teacher, ScenarioResult student)
    {
        double[][] means = Bootstrap.Means([teacher.Ndcg10, student.Ndcg10], PairedBootstrap.Resamples);
        double[] ratios = new double[PairedBootstrap.Resamples];
        for (int i = 0; i < ratios.Length; i++)
            ratios[i] = means[0][i] > 0 ? means[1][i] / means[0][i] : 1;
        double before = teacher.Metrics.Ndcg10, after = student.Metrics.Ndcg10;
        return new KeptQuality(teacher.Scenario.Name, before, after, before > 0 ? after / before : double.NaN, Bootstrap.Interval(ratios), teacher.Metrics.Users);
    }

    private static JsonElement CardOf(JsonElement card, string parent, DistilOptions options, IReadOnlyList<KeptQuality> kept, Int8Cost? cost)
    {
        JsonObject all = JsonObject.Create(card)!;
        var quality = new JsonObject();
        foreach (KeptQuality one in kept)
        {
            if (double.IsFinite(one.Kept))
                quality[one.Scenario] = new JsonArray(Math.Round(one.Kept, 4), Math.Round(one.Interval.Low, 4), Math.Round(one.Interval.High, 4));
        }

        all["distillation"] = new JsonObject { ["teacher_space_id"] = parent, ["teacher_share"] = options.TeacherShare, ["quality_kept_ci95"] = quality };
        if (cost is not null)
        {
            all["int8"] = new JsonObject
            {
                ["bytes"] = cost.Bytes,
                ["float32_bytes"] = cost.Float32Bytes,
                ["largest_difference"] = Math.Round(cost.LargestDifference, 5),
                ["loss"] = double.IsNaN(cost.Loss) ? null : Math.Round(cost.Loss, 5),
            };
        }

        return JsonSerializer.SerializeToElement(all);
    }
}
