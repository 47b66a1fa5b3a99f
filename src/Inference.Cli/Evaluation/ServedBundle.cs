using System.Text.Json.Nodes;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Training.Evaluation;
using Inference.Training.Fused;
using Microsoft.Extensions.Logging.Abstractions;

namespace Inference.Cli.Evaluation;

/// <summary>A bundle as it is served, as one more entrant of an evaluation.</summary>
internal static class ServedBundle
{
    /// <summary>Name of the entrant in results.</summary>
    public const string Name = "bundle";

    /// <summary>Opens it when its turn comes.</summary>
    /// <param name="folder">The bundle.</param>
    public static EntrantRecipe Recipe(string folder) => new Loaded(folder);

    private sealed class Loaded(string folder) : EntrantRecipe
    {
        public override string Name => ServedBundle.Name;

        public override string Description => $"{folder} as it is served";

        public override Entrant Make(EvaluationInputs inputs, JsonObject? hyperparameters, IProgress<double> progress, CancellationToken cancellationToken)
        {
            LoadedBundle loaded = BundleLoader.LoadAsync(folder, new TowerOptions(), null, NullLogger.Instance, cancellationToken: cancellationToken).GetAwaiter().GetResult();
            return Entrant.Of(new BundleRanking(Name, loaded, inputs));
        }
    }
}
