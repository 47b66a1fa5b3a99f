using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Training.Evaluation;
using Inference.Training.TwoTower;
using Inference.Vectors;

namespace Inference.Training.Fused;

/// <summary>Everything that can score items, fitted on one training set: towers, popularity, context, neighbours, factors, clusters.</summary>
/// <param name="Towers">The towers.</param>
/// <param name="Sources">From what costs least to what says most.</param>
/// <param name="Profiles">The clusters; null where there are too few users.</param>
/// <param name="Items">The item embeddings that the sources of the towers search.</param>
internal sealed record FittedSources(TwoTowerModel Towers, IReadOnlyList<ScoreSource> Sources, ClusterProfiles? Profiles, ExactIndex Items) : IDisposable
{
    /// <summary>Fits them.</summary>
    /// <param name="set">What to train on.</param>
    /// <param name="judge">Judges on the validation part, where a source has something to choose.</param>
    /// <param name="options">How.</param>
    /// <param name="begin">Begins a step that people can watch.</param>
    /// <param name="cancellationToken">Stops between steps.</param>
    public static FittedSources Fit(TrainingSet set, Judge judge, FusedOptions options, Func<string, IProgress<double>> begin, CancellationToken cancellationToken)
    {
        TwoTowerModel towers = TwoTowerTrainer.Train(
            options.TowersToTrain, set.Split, set.Plan.Contexts, set.Plan.Traits, options.Teacher, options.WarmStart,
            progress: new Share(begin("towers")), cancellationToken: cancellationToken);
        begin("popularity and context");
        List<ScoreSource> sources = [.. CommonSources.Popularity(set), .. CommonSources.Context(set)];
        sources.AddRange(new NeighbourSources(set, judge).All(begin("neighbours"), cancellationToken));
        if (UserNeighbours.Of(set) is { } users)
            sources.Add(users);
        (IReadOnlyList<ScoreSource> factors, ClusterProfiles? profiles) =
            new FactorSources(set, options.Seed).All(towers, CommonSources.Rates(set), set.Titles(), judge, begin("factors and clusters"), cancellationToken);
        sources.AddRange(factors);
        var index = new ExactIndex(VectorMatrix.Create(towers.ItemVectors, towers.Dimension), Metric.InnerProduct);
        TowerItems items = TowerItems.Of(index);
        sources.Add(new TowerSource("tower", items));
        sources.Add(new TowerSource("tower_context", items, isOfContext: true));
        return new FittedSources(towers, sources, profiles, index);
    }

    public void Dispose()
    {
        foreach (ScoreSource source in Sources)
            source.Dispose();
        Items.Dispose();
    }

    /// <summary>Of the steps that may be needed, the share that is done.</summary>
    private sealed class Share(IProgress<double> progress) : IProgress<TwoTowerProgress>
    {
        public void Report(TwoTowerProgress value) => progress.Report(value.Steps == 0 ? 0 : (double)value.Step / value.Steps);
    }
}
