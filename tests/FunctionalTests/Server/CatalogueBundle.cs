using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Recsys.V1;
using UnitTests.Towers;
using FeatureValue = Inference.Recommendations.Features.FeatureValue;

namespace FunctionalTests.Server;

/// <summary>The bundle of <see cref="RunningServer.World"/> with an item tower that reads a feature: a new item that is "like" another lies in its direction, ten times as far out.</summary>
internal static class CatalogueBundle
{
    /// <summary>How much longer the vector of a new item is than that of the item it is like.</summary>
    public const float Stretch = 10;

    public static BundleContent Of(BundleContent content) => content with
    {
        ItemTower = new TowerContent { Model = Model(), Manifest = Manifest() },
        Items =
        [
            .. content.Items.Select((item, row) => item with
            {
                Attributes = SmallWorld.Features(("colour", FeatureValue.Of(row % 2 == 0 ? "red" : "blue")), ("sizes", FeatureValue.Of([row, row + 1L]))),
            }),
        ],
    };

    /// <summary>An item that the tower has never seen.</summary>
    public static Item New(string id, string like, string title = "") => new()
    {
        ItemId = id,
        Title = title,
        Features = { ["like"] = new() { StringValue = like } },
        Attributes = { ["colour"] = new() { StringValue = "green" } },
    };

    private static byte[] Model()
    {
        SmallWorld world = RunningServer.World;
        var own = new float[(world.ItemCount + 1) * SmallWorld.Dimension];
        var like = new float[own.Length];
        for (int row = 0; row < world.ItemCount; row++)
        {
            for (int d = 0; d < SmallWorld.Dimension; d++)
            {
                own[((row + 1) * SmallWorld.Dimension) + d] = world.ItemVector(row)[d];
                like[((row + 1) * SmallWorld.Dimension) + d] = Stretch * world.ItemVector(row)[d];
            }
        }

        var graph = new OnnxGraph("item_tower");
        OnnxValue id = graph.Input("item_id", OnnxType.Int64, "batch"), liked = graph.Input("like", OnnxType.Int64, "batch");
        OnnxValue ownVector = graph.Gather(graph.Constant("items", own, world.ItemCount + 1, SmallWorld.Dimension), id);
        OnnxValue likedVector = graph.Gather(graph.Constant("likes", like, world.ItemCount + 1, SmallWorld.Dimension), liked);
        graph.Output("item_embedding", graph.Add(ownVector, likedVector), OnnxType.Float32, "batch", SmallWorld.Dimension);
        return graph.ToBytes();
    }

    private static TowerManifest Manifest() => new()
    {
        Output = "item_embedding",
        Inputs =
        [
            new InputManifest { Name = "item_id", Dtype = "int64", Encoder = new ItemIdSpec { Offset = 1, Unknown = 0 } },
            new InputManifest
            {
                Name = "like",
                Dtype = "int64",
                Encoder = new VocabularySpec
                {
                    Feature = "like", Values = [.. Enumerable.Range(0, RunningServer.World.ItemCount).Select(SmallWorld.IdOf)], FirstId = 1, Unknown = 0, Missing = 0,
                },
            },
        ],
    };
}
