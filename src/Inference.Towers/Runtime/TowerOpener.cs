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
    public OnnxUserTower? OpenUser(ModelFile file, TowerFeatures tower, int dimension, Catalogue catalogue) => BindUser(OpenModel(TowerKind.User, file, tower), tower, dimension, catalogue);

    /// <summary>The item tower; null, with the reasons reported, when it does not fit.</summary>
    public OnnxItemTower? OpenItem(ModelFile file, TowerFeatures tower, int dimension, Catalogue catalogue) => BindItem(OpenModel(TowerKind.Item, file, tower), tower, dimension, catalogue);

    /// <summary>A model alone, which needs no catalogue; null, with the reasons reported, when it cannot be opened.</summary>
    public TowerModel? OpenModel(TowerKind kind, ModelFile file, TowerFeatures tower) => TowerModel.Open(kind, file, options, logger, problems, tower.Manifest.File ?? kind.PartOf());

    /// <summary>The user tower of an opened model, which passes to it; null, with the reasons reported, when it does not fit, or there is no model.</summary>
    public OnnxUserTower? BindUser(TowerModel? model, TowerFeatures tower, int dimension, Catalogue catalogue) =>
        Bind<UserTowerInput, UserRows>(TowerKind.User, model, tower.Manifest, dimension, catalogue) is { } runner ? new OnnxUserTower(runner, tower.Features) : null;

    /// <summary>The item tower of an opened model, likewise.</summary>
    public OnnxItemTower? BindItem(TowerModel? model, TowerFeatures tower, int dimension, Catalogue catalogue) =>
        Bind<ItemTowerInput, ItemRows>(TowerKind.Item, model, tower.Manifest, dimension, catalogue) is { } runner ? new OnnxItemTower(runner, tower.Features) : null;

    /// <summary>The ranking model of an opened model, likewise.</summary>
    public OnnxRanker? BindRanker(TowerModel? model, TowerFeatures ranker, Catalogue catalogue) =>
        Bind<RankedRow, RankedRows>(TowerKind.Ranker, model, ranker.Manifest, dimension: 1, catalogue) is { } runner ? new OnnxRanker(runner, ranker, catalogue.Items) : null;

    private TowerRunner<TInput, TSource>? Bind<TInput, TSource>(TowerKind kind, TowerModel? model, TowerManifest tower, int dimension, Catalogue catalogue)
        where TInput : struct
        where TSource : IRowSource<TInput>
    {
        string where = $"{BundleManifest.FileName}: {kind.PartOf()}";
        if (model is null)
            return null;
        try
        {
            if (catalogue.IdInputs is null && tower.Inputs!.Any(input => input.Encoder!.NeedsIdInputs))
                problems.Add(where, "an encoder takes ids from 'id_input', but not every item has one.");
            else if (new TowerBinder(tower, where, dimension, options.MaxBatch, problems, model.CapturesGraphs, ofScores: kind == TowerKind.Ranker).Bind(model.Session, new EncoderScope(catalogue.Items, catalogue.IdInputs, null)) is { } shape)
                return new TowerRunner<TInput, TSource>(kind.TagOf(), model, shape, options);
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
