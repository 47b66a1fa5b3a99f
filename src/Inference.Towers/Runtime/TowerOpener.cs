using Inference.Recommendations.Ports;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Microsoft.Extensions.Logging;

namespace Inference.Towers.Runtime;

/// <summary>Opens models and binds them to their manifests.</summary>
internal sealed class TowerOpener(TowerOptions options, ILogger logger, BundleProblems problems)
{
    /// <summary>The user tower; null, with the reasons reported, when it does not fit.</summary>
    public OnnxUserTower? OpenUser(ModelFile file, TowerFeatures tower, int dimension, Catalogue catalogue) =>
        Open<UserTowerInput, UserRows>("user", file, tower.Manifest, dimension, catalogue) is { } runner ? new OnnxUserTower(runner, tower.Features) : null;

    /// <summary>The item tower; null, with the reasons reported, when it does not fit.</summary>
    public OnnxItemTower? OpenItem(ModelFile file, TowerFeatures tower, int dimension, Catalogue catalogue) =>
        Open<ItemTowerInput, ItemRows>("item", file, tower.Manifest, dimension, catalogue) is { } runner ? new OnnxItemTower(runner, tower.Features) : null;

    private TowerRunner<TInput, TSource>? Open<TInput, TSource>(string name, ModelFile file, TowerManifest tower, int dimension, Catalogue catalogue)
        where TInput : struct
        where TSource : IRowSource<TInput>
    {
        string where = $"{BundleManifest.FileName}: {name}_tower";
        if (catalogue.IdInputs is null && tower.Inputs!.Any(input => input.Encoder!.NeedsIdInputs))
        {
            problems.Add(where, "an encoder takes ids from 'id_input', but not every item has one.");
            return null;
        }

        TowerModel? model = TowerModel.Open(name, file, options, logger, problems, tower.File ?? $"{name}_tower");
        if (model is null)
            return null;
        try
        {
            var binder = new TowerBinder(tower, where, dimension, options.MaxBatch, problems);
            if (binder.Bind(model.Session, new EncoderScope(catalogue.Items, catalogue.IdInputs, null)) is { } shape)
                return new TowerRunner<TInput, TSource>(name, model, shape, options);
        }
        catch
        {
            model.Dispose();
            throw;
        }

        model.Dispose();
        return null;
    }
}
