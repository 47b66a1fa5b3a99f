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
    public OnnxUserTower? OpenUser(ModelFile file, TowerFeatures tower, int dimension, Catalogue catalogue) => BindUser(OpenModel("user", file, tower), tower, dimension, catalogue);

    /// <summary>The item tower; null, with the reasons reported, when it does not fit.</summary>
    public OnnxItemTower? OpenItem(ModelFile file, TowerFeatures tower, int dimension, Catalogue catalogue) => BindItem(OpenModel("item", file, tower), tower, dimension, catalogue);

    /// <summary>A model alone, which needs no catalogue; null, with the reasons reported, when it cannot be opened.</summary>
    /// <param name="name">"user" or "item".</param>
    public TowerModel? OpenModel(string name, ModelFile file, TowerFeatures tower) => TowerModel.Open(name, file, options, logger, problems, tower.Manifest.File ?? $"{name}_tower");

    /// <summary>The user tower of an opened model, which passes to it; null, with the reasons reported, when it does not fit, or there is no model.</summary>
    public OnnxUserTower? BindUser(TowerModel? model, TowerFeatures tower, int dimension, Catalogue catalogue) =>
        Bind<UserTowerInput, UserRows>("user", model, tower.Manifest, dimension, catalogue) is { } runner ? new OnnxUserTower(runner, tower.Features) : null;

    /// <summary>The item tower of an opened model, likewise.</summary>
    public OnnxItemTower? BindItem(TowerModel? model, TowerFeatures tower, int dimension, Catalogue catalogue) =>
        Bind<ItemTowerInput, ItemRows>("item", model, tower.Manifest, dimension, catalogue) is { } runner ? new OnnxItemTower(runner, tower.Features) : null;

    private TowerRunner<TInput, TSource>? Bind<TInput, TSource>(string name, TowerModel? model, TowerManifest tower, int dimension, Catalogue catalogue)
        where TInput : struct
        where TSource : IRowSource<TInput>
    {
        string where = $"{BundleManifest.FileName}: {name}_tower";
        if (model is null)
            return null;
        try
        {
            if (catalogue.IdInputs is null && tower.Inputs!.Any(input => input.Encoder!.NeedsIdInputs))
                problems.Add(where, "an encoder takes ids from 'id_input', but not every item has one.");
            else if (new TowerBinder(tower, where, dimension, options.MaxBatch, problems, model.CapturesGraphs).Bind(model.Session, new EncoderScope(catalogue.Items, catalogue.IdInputs, null)) is { } shape)
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
