using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Training.Evaluation;
using Inference.Training.Splits;
using Inference.Training.TwoTower;
using Inference.Vectors;

namespace Inference.Training.Fused;

/// <summary>
/// Makes a fused model of everything that can be learned from the training part.
/// <list type="number">
/// <item>Train the towers.</item>
/// <item>Fit the other sources: popularity, context, neighbours, factors, clusters.</item>
/// <item>Ask all of them about the validation part, and choose their weights by the number of known events.</item>
/// <item>Keep the sources that count.</item>
/// </list>
/// </summary>
public static class FusedTrainer
{
    /// <summary>Users of a scenario that weights are chosen by, at most.</summary>
    private const int MostUsers = 600;

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
    public static TrainedModel Train(TrainingSet set, Judge judge, FusedOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        // :: Step 1 towers
        TwoTowerModel towers = TrainTowers(set, options, begin("towers"), cancellationToken);

        // :: Step 2 sources
        float[] rates = CommonSources.Rates(set);
        string?[] titles = set.Titles();
        begin("popularity and context");
        List<ScoreSource> sources = [.. CommonSources.Popularity(set), .. CommonSources.Context(set)];
        sources.AddRange(new NeighbourSources(set, judge).All(begin("neighbours"), cancellationToken));
        (IReadOnlyList<ScoreSource> factors, ClusterProfiles? profiles) = new FactorSources(set, options.Seed).All(towers, rates, titles, judge, begin("factors and clusters"), cancellationToken);
        sources.AddRange(factors);
        var index = new ExactIndex(VectorMatrix.Create(towers.ItemVectors, towers.Dimension), Metric.InnerProduct);
        TowerItems items = TowerItems.Of(index);
        sources.Add(new TowerSource("tower", items));
        sources.Add(new TowerSource("tower_context", items, isOfContext: true));

        // :: Step 3 weights
        UserEmbedder embedder = UserEmbedder.Of(towers);
        IReadOnlyList<FusionWeightPoint> points = Choose(set, sources, embedder, options, begin("weights"), cancellationToken);

        // :: Step 4 what counts
        FusionModel model = Keep(sources, points);
        return new TrainedModel(set, towers, model, new Popularity(rates), profiles, titles, index);
    }

    private static TwoTowerModel TrainTowers(TrainingSet set, FusedOptions options, IProgress<double> progress, CancellationToken cancellationToken) => TwoTowerTrainer.Train(
        options.TowersToTrain, set.Split, set.Plan.Contexts, set.Plan.Traits, options.Teacher, options.WarmStart,
        progress: new Share(progress), cancellationToken: cancellationToken);

    private static List<FusionWeightPoint> Choose(
        TrainingSet set, List<ScoreSource> sources, UserEmbedder embedder, FusedOptions options, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var search = new WeightSearch(options.Seed);
        var asked = new Dictionary<int, ScenarioScores>();
        foreach (int shots in FewShotUsers.Shots)
        {
            Scenario scenario = Scenarios.FewShots(set.Split, EvaluationPart.Validation, shots, set.Plan.Contexts);
            if (scenario.Users.Count > 0)
                asked[shots] = ScenarioScores.Of(scenario, sources, embedder, set, MostUsers, cancellationToken);
        }

        progress.Report(0.3);
        var points = new List<FusionWeightPoint>();
        foreach ((int shots, int[] with) in Neighbours)
        {
            ScenarioScores[] scenarios = [.. with.Where(asked.ContainsKey).Select(other => asked[other])];
            if (scenarios.Length > 0)
                points.Add(new FusionWeightPoint(shots, search.Find(scenarios, cancellationToken)));
            progress.Report(0.3 + (0.1 * points.Count));
        }

        Scenario warm = Scenarios.WarmUsers(set.Split, EvaluationPart.Validation, set.Plan.Contexts);
        if (warm.Users.Count > 0)
            points.Add(new FusionWeightPoint(WarmEvents, search.Find([ScenarioScores.Of(warm, sources, embedder, set, MostUsers, cancellationToken)], cancellationToken)));
        return points;
    }

    /// <summary>The model of the sources that count anywhere; without a validation part all of them, by their ranks.</summary>
    private static FusionModel Keep(List<ScoreSource> sources, IReadOnlyList<FusionWeightPoint> points)
    {
        if (points.Count == 0)
            return new FusionModel(sources);
        int[] kept = [.. Enumerable.Range(0, sources.Count).Where(source => points.Any(point => point.Weights[source] != 0))];
        foreach (int left in Enumerable.Range(0, sources.Count).Except(kept))
            sources[left].Dispose();
        return new FusionModel(
            [.. kept.Select(source => sources[source])],
            new FusionWeights([.. points.Select(point => point with { Weights = [.. kept.Select(source => point.Weights[source])] })]));
    }

    /// <summary>Of the steps that may be needed, the share that is done.</summary>
    private sealed class Share(IProgress<double> progress) : IProgress<TwoTowerProgress>
    {
        public void Report(TwoTowerProgress value) => progress.Report(value.Steps == 0 ? 0 : (double)value.Step / value.Steps);
    }
}
