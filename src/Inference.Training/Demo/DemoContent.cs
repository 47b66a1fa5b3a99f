using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Training.Fitting;
using Inference.Vectors;

namespace Inference.Training.Demo;

/// <summary>Turns a demo world into the content of a bundle: fits the towers, and describes items, users and inputs.</summary>
internal sealed class DemoContent
{
    /// <summary>Items of a history that the user tower reads.</summary>
    public const int LatestItems = 50;

    private readonly DemoWorld _world;
    private readonly DemoItemFeatures _features;
    private readonly Dictionary<int, IReadOnlyDictionary<string, FeatureValue>> _contexts = [];

    public DemoContent(DemoWorld world)
    {
        _world = world;
        _features = new DemoItemFeatures(world.Items);
    }

    private static IReadOnlyList<string> ContextFeatures { get; } = [.. ShopVocabulary.Context.Select(context => context.Feature), ShopVocabulary.Hour];

    /// <summary>Everything but profiles and popularity, which are learned from the users.</summary>
    public BundleContent Make()
    {
        DemoOptions options = _world.Options;
        int rank = _world.Taste.Rank;
        var space = new DemoEmbeddingSpace(options, rank);
        DemoItemWeights items = DemoItemWeights.Fit(options, _world.Items, _features, rank);
        DemoUserWeights users = DemoUserWeights.Fit(_world.Users, ContextGroups, items.Taste, rank, LatestItems);
        return new BundleContent
        {
            Name = options.Name,
            Version = options.Version,
            Description = string.Create(
                CultureInfo.InvariantCulture,
                $"Synthetic shop with known truth: {options.Items} items, {options.Users} users, seed {options.Seed}. Any likeness to real goods is chance."),
            Licence = "CC0-1.0",
            Producer = "inference demo",
            Dimension = options.Dimension,
            Metric = Metric.InnerProduct,
            UserTower = new TowerContent { Model = DemoTowerGraphs.UserTower(space, users, items.Taste, ContextFeatures), Manifest = UserManifest() },
            ItemTower = new TowerContent { Model = DemoTowerGraphs.ItemTower(space, items), Manifest = ItemManifest() },
            Golden = new DemoGolden(_world, this, space, users, items).Make(),
            Items = [.. Enumerable.Range(0, _world.Items.CatalogueCount).Select(ItemOf)],
            Users = [.. Enumerable.Range(0, _world.Users.SeenCount).Select(UserOf)],
        };
    }

    /// <summary>The context of a user as a caller would send it. Users with the same context share it.</summary>
    public IReadOnlyDictionary<string, FeatureValue> ContextOf(int user)
    {
        DemoUsers users = _world.Users;
        int key = users.HourOf(user);
        for (int feature = 0; feature < ShopVocabulary.Context.Count; feature++)
            key = key * 32 + users.ContextOf(user, feature);
        if (_contexts.TryGetValue(key, out IReadOnlyDictionary<string, FeatureValue>? context))
            return context;
        var values = new Dictionary<string, FeatureValue>(StringComparer.Ordinal);
        for (int feature = 0; feature < ShopVocabulary.Context.Count; feature++)
            values.Add(ShopVocabulary.Context[feature].Feature, FeatureValue.Of(users.ContextText(user, feature)));
        values.Add(ShopVocabulary.Hour, FeatureValue.Of((long)users.HourOf(user)));
        _contexts.Add(key, values);
        return values;
    }

    /// <summary>The ids under which the user tower's inputs see that context, in the order of <see cref="ContextFeatures"/>.</summary>
    public IReadOnlyList<int> ContextIdsOf(int user) =>
        [.. Enumerable.Range(0, ShopVocabulary.Context.Count).Select(feature => _world.Users.ContextOf(user, feature) + 1), _world.Users.HourOf(user) + 1];

    /// <summary>What the item tower reads of an item, of the catalogue or new.</summary>
    public IReadOnlyDictionary<string, FeatureValue> FeaturesOf(int row) => new Dictionary<string, FeatureValue>(StringComparer.Ordinal)
    {
        [DemoItemFeatures.CategoryFeature] = FeatureValue.Of(_world.Items.CategoryNameOf(row)),
        [DemoItemFeatures.BrandFeature] = FeatureValue.Of(_world.Items.BrandNameOf(row)),
        [DemoItemFeatures.TitleFeature] = FeatureValue.Of(_world.Items.TitleOf(row)),
    };

    private BundleItem ItemOf(int row) => new()
    {
        Id = DemoItems.IdOf(row),
        Title = _world.Items.TitleOf(row),
        Features = FeaturesOf(row),
        Attributes = DemoAttributes.Of(_world, row),
    };

    private BundleUser UserOf(int user) => new()
    {
        Id = _world.Users.IdOf(user),
        Features = ContextOf(user),
        History = Array.ConvertAll(_world.Users.Histories[user], DemoItems.IdOf),
    };

    private List<CategoricalGroup> ContextGroups(int count)
    {
        var groups = new List<CategoricalGroup>();
        for (int feature = 0; feature < ContextFeatures.Count; feature++)
            groups.Add(new CategoricalGroup(new int[count], 1, 1 + (feature < ShopVocabulary.Context.Count ? ShopVocabulary.Context[feature].Values.Length : 24)));
        for (int user = 0; user < count; user++)
        {
            IReadOnlyList<int> ids = ContextIdsOf(user);
            for (int feature = 0; feature < groups.Count; feature++)
                groups[feature].Ids[user] = ids[feature];
        }

        return groups;
    }

    private static TowerManifest UserManifest() => new()
    {
        Output = DemoTowerGraphs.UserEmbedding,
        History = new HistoryManifest { MaxLength = LatestItems },
        Inputs =
        [
            new InputManifest { Name = DemoTowerGraphs.HistoryIds, Encoder = new HistoryIdsSpec { Offset = 1 } },
            new InputManifest { Name = DemoTowerGraphs.HistoryMask, Encoder = new HistoryMaskSpec() },
            .. ShopVocabulary.Context.Select(context => new InputManifest
            {
                Name = context.Feature,
                Encoder = new VocabularySpec { Feature = context.Feature, Values = context.Values, FirstId = 1, Unknown = 0 },
            }),
            new InputManifest { Name = ShopVocabulary.Hour, Encoder = new IntegerSpec { Feature = ShopVocabulary.Hour, Min = 0, Max = 23, Offset = 1, Missing = 0 } },
        ],
    };

    private TowerManifest ItemManifest() => new()
    {
        Output = DemoTowerGraphs.ItemEmbedding,
        Inputs =
        [
            new InputManifest { Name = DemoTowerGraphs.ItemId, Encoder = new ItemIdSpec { Offset = 1, Unknown = 0 } },
            new InputManifest { Name = DemoTowerGraphs.Category, Encoder = new VocabularySpec { Feature = DemoItemFeatures.CategoryFeature, Values = _features.Categories, FirstId = 1, Unknown = 0 } },
            new InputManifest { Name = DemoTowerGraphs.Brand, Encoder = new VocabularySpec { Feature = DemoItemFeatures.BrandFeature, Values = _features.Brands, FirstId = 1, Unknown = 0 } },
            new InputManifest { Name = DemoTowerGraphs.TitleTokens, Encoder = new HashedTokensSpec { Feature = DemoItemFeatures.TitleFeature, Buckets = DemoItemFeatures.TokenBuckets, Length = DemoItemFeatures.TitleWords } },
        ],
    };
}
