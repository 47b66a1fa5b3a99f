using System.Text.Json.Nodes;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Surfaces;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Cli.Evaluation;

/// <summary>A bundle as it is served, as one more entrant of an evaluation. Holds the bundle until it is disposed.</summary>
internal sealed class ServedBundle : EntrantRecipe, IDisposable
{
    /// <summary>Name of the entrant in results.</summary>
    public const string EntrantName = "bundle";

    private readonly string _folder;
    private readonly LoadedBundle _loaded;

    private ServedBundle(string folder, LoadedBundle loaded) => (_folder, _loaded) = (folder, loaded);

    public override string Name => EntrantName;

    public override string Description => $"{_folder} as it is served";

    /// <summary>Loads it, before anything else takes minutes.</summary>
    /// <param name="folder">The bundle.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="BundleException">A server would refuse it, too.</exception>
    public static async Task<ServedBundle> OpenAsync(string folder, CancellationToken cancellationToken) =>
        new(folder, await BundleLoader.LoadAsync(folder, new TowerOptions(), null, NullLogger.Instance, cancellationToken: cancellationToken));

    public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken) =>
        Entrant.Of(RankingOf(inputs));

    /// <summary>It as the judge asks it.</summary>
    public BundleRanking RankingOf(EvaluationInputs inputs) => new(Name, _loaded, inputs);

    /// <summary>A surface over it.</summary>
    public SurfaceRanking RankingOf(Surface surface, string name, EvaluationInputs inputs) => new(name, _loaded, surface, inputs);

    /// <summary>The bundle, loaded.</summary>
    public Snapshot Snapshot => _loaded.Snapshot;

    public void Dispose() => _loaded.Snapshot.Dispose();
}
