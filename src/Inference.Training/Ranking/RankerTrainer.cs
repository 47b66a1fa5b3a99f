using System.Diagnostics;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Chance;
using Inference.Training.Evaluation;
using Microsoft.Extensions.Logging;

namespace Inference.Training.Ranking;

/// <summary>
/// Makes a ranking model for a bundle that is there.
/// <list type="number">
/// <item>Ask the bundle for the candidates of the users of the validation part.</item>
/// <item>Choose the size of the network: every user is judged by a network that learned from the others (cross-validation by users).</item>
/// <item>Does it help? The mean difference in NDCG@10 with its paired interval.</item>
/// <item>Learn from all of them, and judge once on the test part.</item>
/// <item>Write the bundle again with the model in it, where it helps.</item>
/// </list>
/// </summary>
public static class RankerTrainer
{
    private const int Resamples = PairedBootstrap.Resamples, GoldenLists = 4, GoldenCandidates = 10;

    /// <param name="bundle">Folder of the bundle that is ranked.</param>
    /// <param name="inputs">Data with unseen users, or users who came back.</param>
    /// <param name="folder">Target.</param>
    /// <param name="name">Name of the new bundle.</param>
    /// <param name="version">Its version.</param>
    /// <param name="options">How to train.</param>
    /// <param name="keep">Whether the model is kept even where it does not help.</param>
    /// <param name="overwrite">Whether an existing target is replaced.</param>
    /// <param name="time">Clock for the manifest.</param>
    /// <param name="logger">Receives what the loader has to say.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <exception cref="BundleException">The bundle is refused.</exception>
    /// <exception cref="InvalidDataException">The validation part has nobody to learn from.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public static async Task<RankerReport> TrainAsync(
        string bundle, EvaluationInputs inputs, string folder, string name, string version, RankerOptions options, bool keep, bool overwrite, TimeProvider time, ILogger logger,
        Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        LoadedBundle loaded = await BundleLoader.LoadAsync(bundle, new TowerOptions(), null, logger, time, cancellationToken: cancellationToken);
        using (loaded.Snapshot)
        {
            // :: Step 1 candidates
            var lists = new RankingLists(loaded.Snapshot, inputs, options.Depth);
            IProgress<double> step = begin("candidates of the validation part");
            List<RankingList> known = await Task.Run(() => lists.Of(EvaluationPart.Validation, options.MostUsers, step, cancellationToken), cancellationToken);
            if (known.Count(list => list.HasTarget) < 2 * options.Folds)
            {
                throw new InvalidDataException(
                    $"A ranking model learns from the users of the validation part; the bundle finds a target of only {known.Count(list => list.HasTarget)} of their {known.Count} questions, and {2 * options.Folds} are needed.");
            }

            // :: Steps 2 and 3 the size, and whether it helps
            step = begin("ranking models");
            (int hidden, float decay, IReadOnlyList<RankerGain> validation) = await Task.Run(() => Choose(known, options, step, cancellationToken), cancellationToken);

            // :: Step 4 the model, and what it gains where nothing was chosen
            var all = RankerInputs.Of(known);
            RankerNetwork network = await Task.Run(() => Fit(known, all, hidden, decay, options, cancellationToken), cancellationToken);
            step = begin("candidates of the test part");
            List<RankingList> unseen = await Task.Run(() => lists.Of(EvaluationPart.Test, null, step, cancellationToken), cancellationToken);
            IReadOnlyList<RankerGain> judged = unseen.Count == 0 ? [] : Gains(unseen, [.. unseen.Select(list => list.Ndcg10(network.Score(all.Apply(list))))]);

            // :: Step 5 the bundle
            var report = new RankerReport(hidden, decay, validation, EvaluationPart.Test, judged, null, Stopwatch.GetElapsedTime(begun));
            if (!report.Helps && !keep)
                return report;
            begin("writing the bundle");
            var addition = new RankerAddition(RankerGraph.Of(all, network), [.. GoldenOf(known, loaded, all, network)], RankerCard.Of(report));
            await addition.WriteAsync(bundle, folder, name, version, overwrite, time, logger, cancellationToken);
            return report with { Bundle = Path.GetFullPath(folder), Elapsed = Stopwatch.GetElapsedTime(begun) };
        }
    }

    private static (int Hidden, float Decay, IReadOnlyList<RankerGain> Gains) Choose(List<RankingList> lists, RankerOptions options, IProgress<double> progress, CancellationToken cancellationToken)
    {
        // All questions of a user are in one fold: they share their targets.
        string[] users = [.. lists.Select(list => list.User).Distinct().Order(StringComparer.Ordinal)];
        new SeededRandom(options.Seed, 7).Shuffle(users.AsSpan());
        Dictionary<string, int> foldOf = users.Select((user, place) => (user, place)).ToDictionary(one => one.user, one => one.place % options.Folds, StringComparer.Ordinal);
        (int Hidden, float Decay)[] variants = [.. options.Hidden.SelectMany(hidden => options.Decays.Select(decay => (hidden, decay)))];
        double[][] ndcg = [.. variants.Select(_ => new double[lists.Count])];
        int done = 0;
        Parallel.For(0, variants.Length * options.Folds, new ParallelOptions { CancellationToken = cancellationToken }, work =>
        {
            (int variant, int fold) = (work / options.Folds, work % options.Folds);
            List<RankingList> others = [.. lists.Where(list => foldOf[list.User] != fold)];
            var inputs = RankerInputs.Of(others);
            RankerNetwork network = Fit(others, inputs, variants[variant].Hidden, variants[variant].Decay, options, cancellationToken);
            for (int i = 0; i < lists.Count; i++)
            {
                if (foldOf[lists[i].User] == fold)
                    ndcg[variant][i] = lists[i].Ndcg10(network.Score(inputs.Apply(lists[i])));
            }

            progress.Report((double)Interlocked.Increment(ref done) / (variants.Length * options.Folds));
        });
        // Of equal ones the first, which is the simplest.
        IReadOnlyList<RankerGain>[] gains = [.. ndcg.Select(one => Gains(lists, one))];
        int best = Enumerable.Range(0, variants.Length).MaxBy(variant => gains[variant][^1].Ranked);
        return (variants[best].Hidden, variants[best].Decay, gains[best]);
    }

    private static RankerNetwork Fit(List<RankingList> lists, RankerInputs inputs, int hidden, float decay, RankerOptions options, CancellationToken cancellationToken)
    {
        // The first input times its deviation is the score by which candidates were found, up to a constant.
        var network = new RankerNetwork(RankerInputs.Columns.Length, hidden, inputs.Scale[0] > 0 ? 1 / inputs.Scale[0] : 0, options.Seed);
        network.Fit([.. lists.Where(list => list.HasTarget).Select(list => (inputs.Apply(list), list.IsTarget))], options.Epochs, options.Rate, decay, options.Seed, cancellationToken);
        return network;
    }

    /// <summary>Gains by scenario, and over all as the mean over users of the mean over their questions.</summary>
    internal static IReadOnlyList<RankerGain> Gains(IReadOnlyList<RankingList> lists, double[] ranked)
    {
        var gains = new List<RankerGain>();
        double[] found = [.. lists.Select(list => list.Ndcg10())];
        int[] places = [.. Enumerable.Range(0, lists.Count)];
        foreach (IGrouping<string, int> scenario in places.GroupBy(place => lists[place].Scenario))
            gains.Add(Gain(scenario.Key, [.. scenario.Select(place => found[place])], [.. scenario.Select(place => ranked[place])]));
        IGrouping<string, int>[] users = [.. places.GroupBy(place => lists[place].User)];
        gains.Add(Gain("all", [.. users.Select(user => user.Average(place => found[place]))], [.. users.Select(user => user.Average(place => ranked[place]))]));
        return gains;
    }

    private static RankerGain Gain(string scenario, double[] found, double[] ranked)
    {
        double[][] means = Bootstrap.Means([found, ranked], Resamples);
        double[] differences = [.. means[1].Zip(means[0], (a, b) => a - b)];
        return new RankerGain(scenario, found.Length, found.Average(), ranked.Average(), Bootstrap.Interval(differences));
    }

    private static IEnumerable<RankerCase> GoldenOf(List<RankingList> lists, LoadedBundle loaded, RankerInputs inputs, RankerNetwork network)
    {
        int columns = RankerInputs.Columns.Length;
        for (int i = 0; i < GoldenLists; i++)
        {
            RankingList list = lists[(int)((long)i * lists.Count / GoldenLists)];
            int count = Math.Min(GoldenCandidates, list.Count);
            yield return new RankerCase
            {
                Items = [.. list.Rows.Take(count).Select(loaded.Snapshot.Items.IdOf)],
                Cross = RankerInputs.Columns.Select((column, k) => (Name: CrossFeatures.Names[(int)column.Feature], Place: k)).ToDictionary(
                    one => one.Name, one => (IReadOnlyList<float?>)[.. Enumerable.Range(0, count).Select(item => list.Raw[(item * columns) + one.Place]).Select(x => float.IsNaN(x) ? (float?)null : x)]),
                Scores = [.. network.Score(inputs.Apply(list)).Take(count)],
            };
        }
    }
}
