using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Training.Evaluation;
using Inference.Training.Splits;
using Inference.Training.TwoTower;

namespace Inference.Training.Fused;

/// <summary>
/// Makes a fused model of everything that can be learned from the training part.
/// <list type="number">
/// <item>Fit all sources on the training part (<see cref="FittedSources"/>).</item>
/// <item>Ask them about the validation part, and choose their weights by the number of known events (<see cref="WeightSearch"/>).</item>
/// <item>Weigh them once more for new items (<see cref="NewItemTrainer"/>).</item>
/// <item>Keep those that count.</item>
/// </list>
/// </summary>
public static class FusedTrainer
{
    /// <summary>Users of a scenario that weights are chosen by, at most.</summary>
    private const int MostUsers = 1_000;

    /// <summary>Where the weights of warm users stand: known events of a user who has come back.</summary>
    private const int WarmEvents = 25;

    /// <summary>Which scenarios, by shots, the weights of each are chosen by: its own first, then its neighbours.</summary>
    private static readonly (int Shots, int[] With)[] Neighbours = [(0, [0]), (1, [1, 3]), (3, [3, 1, 5]), (5, [5, 3, 10]), (10, [10, 5])];

    /// <summary>Trains.</summary>
    /// <param name="set">What to train on.</param>
    /// <param name="judge">Judges on the validation part.</param>
    /// <param name="options">How.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    /// <returns>The model; the caller disposes it.</returns>
    /// <exception cref="InvalidDataException">The training part has too little to learn from.</exception>
    public static TrainedModel Train(TrainingSet set, Judge judge, FusedOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        Check(set);

        // :: Step 1
        FittedSources fitted = FittedSources.Fit(set, judge, options, begin, cancellationToken);

        // :: Step 2
        IReadOnlyList<(int Events, IReadOnlyDictionary<string, float> Weights)> points;
        NewItemWeights? newItems;
        try
        {
            points = Choose(set, fitted, options, begin("weights"), cancellationToken);

            // :: Step 3
            newItems = points.Count == 0 ? null : new NewItemTrainer(set, fitted.Sources, UserEmbedder.Of(fitted.Towers), judge, options.Seed).Learn(points, begin("new items"), cancellationToken);
        }
        catch
        {
            fitted.Dispose();
            throw;
        }

        // :: Step 4
        return new TrainedModel(set, fitted.Towers, KeptSources.Of(fitted.Sources, points, newItems), new Popularity(CommonSources.Rates(set)), fitted.Profiles, set.Titles(), fitted.Items);
    }

    private static void Check(TrainingSet set)
    {
        int longest = 0;
        for (int user = 0; user < set.Split.Training.Count; user++)
            longest = Math.Max(longest, set.Split.Training[user].Length);
        if (set.Split.Training.Count < 2 || longest < ExampleSampler.FewestItems)
        {
            throw new InvalidDataException(FormattableString.Invariant(
                $"Training needs at least two users, and one of them with at least {ExampleSampler.FewestItems} different items; the training part has {set.Split.Training.Count} users, of whom none has more than {longest}."));
        }
    }

    private static List<(int, IReadOnlyDictionary<string, float>)> Choose(TrainingSet set, FittedSources fitted, FusedOptions options, IProgress<double> progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<ScoreSource> sources = fitted.Sources;
        UserEmbedder embedder = UserEmbedder.Of(fitted.Towers);
        var search = new WeightSearch(options.Seed);
        var asked = new Dictionary<int, ScenarioScores>();
        foreach (int shots in FewShotUsers.Shots)
        {
            Scenario scenario = Scenarios.FewShots(set.Split, EvaluationPart.Validation, shots, set.Plan.Contexts);
            if (scenario.Users.Count > 0)
                asked[shots] = ScenarioScores.Of(scenario, sources, embedder, set, MostUsers, cancellationToken);
            progress.Report(0.3 * asked.Count / FewShotUsers.Shots.Count);
        }

        var points = new List<(int, IReadOnlyDictionary<string, float>)>();
        bool[] isOfFirstClicks = [.. sources.Select(source => source.Name != CommonSources.Recent)];
        foreach ((int shots, int[] with) in Neighbours)
        {
            ScenarioScores[] scenarios = [.. with.Where(asked.ContainsKey).Select(other => asked[other])];
            float[] prior = FusionPrior.Of(sources, shots, isWarm: false);
            // Without such users in the validation part, what is believed beforehand has to do: weights of long histories would serve newcomers badly.
            points.Add((shots, Named(sources, scenarios.Length > 0 ? search.Find(scenarios, prior, isOfFirstClicks, cancellationToken) : prior)));
            progress.Report(0.3 + (0.12 * points.Count));
        }

        Scenario warm = Scenarios.WarmUsers(set.Split, EvaluationPart.Validation, set.Plan.Contexts);
        if (warm.Users.Count > 0)
        {
            ScenarioScores scores = ScenarioScores.Of(warm, sources, embedder, set, MostUsers, cancellationToken);
            points.Add((WarmEvents, Named(sources, search.Find([scores], FusionPrior.Of(sources, WarmEvents, isWarm: true), [.. sources.Select(_ => true)], cancellationToken))));
        }

        return asked.Count > 0 || warm.Users.Count > 0 ? points : [];
    }

    private static Dictionary<string, float> Named(IReadOnlyList<ScoreSource> sources, float[] weights)
    {
        var named = new Dictionary<string, float>(StringComparer.Ordinal);
        for (int source = 0; source < weights.Length; source++)
        {
            if (weights[source] != 0)
                named[sources[source].Name] = weights[source];
        }

        return named;
    }
}
