using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Training.TwoTower;
using Inference.Vectors;

namespace Inference.Training.Fused;

/// <summary>Writes a trained model down as the content of a bundle: towers as graphs with the encoders that feed them, items, users, the fused sources.</summary>
public static class TrainedBundle
{
    /// <summary>Users of whom the bundle tells.</summary>
    private const int MostUsers = 1_000_000;

    /// <param name="model">The model.</param>
    /// <param name="name">Name of the bundle.</param>
    /// <param name="version">Its version.</param>
    /// <param name="card">What was measured; null for nothing.</param>
    /// <param name="parentSpaceId">The space that training went on from; null for none.</param>
    /// <param name="precision">How the towers' weights are kept.</param>
    public static BundleContent Of(TrainedModel model, string name, string version, JsonElement? card, string? parentSpaceId = null, WeightPrecision precision = WeightPrecision.Float32)
    {
        TrainingSet set = model.Set;
        return new BundleContent
        {
            Name = name,
            Version = version,
            Description = $"Trained on {set.Split.Training.Total:N0} events of {set.Split.TrainingUserIds.Count:N0} users and {set.TrainedCount:N0} items.",
            Producer = "inference train",
            ParentSpaceId = parentSpaceId,
            Dimension = model.Towers.Dimension,
            Metric = Metric.InnerProduct,
            UserTower = new TowerContent { Model = TwoTowerGraphs.UserTower(model.Towers, precision), Manifest = UserManifest(model) },
            ItemTower = new TowerContent { Model = TwoTowerGraphs.ItemTower(model.Towers, precision), Manifest = ItemManifest(model) },
            Items = Items(model),
            Popularity = model.Popularity,
            Profiles = model.Profiles,
            Users = Users(set),
            Fusion = model.Fusion,
            TrainingState = model.Towers.State.Save,
            ModelCard = card,
        };
    }

    private static TowerManifest UserManifest(TrainedModel model)
    {
        var inputs = new List<InputManifest>
        {
            new() { Name = TwoTowerGraphs.HistoryIds, Encoder = new HistoryIdsSpec { Offset = 1 } },
            new() { Name = TwoTowerGraphs.HistoryMask, Encoder = new HistoryMaskSpec() },
        };
        if (model.Set.Plan.UserEncoder is { } context)
            inputs.Add(new InputManifest { Name = TwoTowerGraphs.Context, Encoder = context });
        return new TowerManifest { Inputs = inputs, Output = TwoTowerGraphs.UserEmbedding, History = new HistoryManifest { MaxLength = model.Towers.MaxHistory } };
    }

    private static TowerManifest ItemManifest(TrainedModel model)
    {
        var inputs = new List<InputManifest> { new() { Name = TwoTowerGraphs.ItemId, Encoder = new ItemIdSpec { Offset = 1, Unknown = 0 } } };
        if (model.Set.Plan.ItemDenseEncoder is { } dense)
            inputs.Add(new InputManifest { Name = TwoTowerGraphs.Traits, Encoder = dense });
        if (model.Set.Plan.ItemTokensEncoder is { } tokens)
            inputs.Add(new InputManifest { Name = TwoTowerGraphs.Tokens, Encoder = tokens });
        return new TowerManifest { Inputs = inputs, Output = TwoTowerGraphs.ItemEmbedding };
    }

    private static BundleItem[] Items(TrainedModel model)
    {
        var items = new BundleItem[model.Set.ItemCount];
        for (int item = 0; item < items.Length; item++)
        {
            string id = model.Set.Split.Items.Ids[item];
            items[item] = new BundleItem { Id = id, Title = model.Titles[item], Features = model.Set.Plan.ItemFeatures(id) };
        }

        return items;
    }

    /// <summary>The training users with what they touched before the validation part, and what has come since.</summary>
    private static BundleUser[] Users(TrainingSet set)
    {
        var users = new BundleUser[Math.Min(MostUsers, set.Split.TrainingUserIds.Count)];
        for (int row = 0; row < users.Length; row++)
        {
            string id = set.Split.TrainingUserIds[row];
            IReadOnlyDictionary<string, FeatureValue> features = set.Plan.UserFeatures(id);
            var history = new List<string>(set.Split.Training[row].Length + set.Split.WarmValidation[row].Length);
            foreach (int item in set.Split.Training[row])
                history.Add(set.Split.Items.Ids[item]);
            foreach (int item in set.Split.WarmValidation[row])
                history.Add(set.Split.Items.Ids[item]);
            users[row] = new BundleUser { Id = id, Features = features.Count == 0 ? null : features, History = history };
        }

        return users;
    }
}
