using System.Globalization;
using Inference.Recommendations.Features;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;

namespace Benchmarks.Loading;

/// <summary>
/// A world of any size whose load is work: an item tower of two layers over category, brand and the words of the title, a user tower with a vector for each item, known users with histories,
/// golden cases; neither item embeddings nor an index. Everything follows from the size.
/// </summary>
internal static class StartWorld
{
    public const int Dimension = 64;
    private const int Categories = 200, Brands = 1000, Words = 2048, TitleWords = 8, Part = 32, Hidden = 256, History = 20;

    /// <summary>The bundle in a folder; made when it is not there.</summary>
    /// <param name="folder">Repository that holds such worlds.</param>
    /// <param name="items">Items of the catalogue.</param>
    public static async Task<string> EnsureAsync(string folder, int items)
    {
        string bundle = Path.GetFullPath(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"start-{items}"), "1"));
        if (!File.Exists(Path.Combine(bundle, BundleManifest.FileName)))
        {
            Console.Error.WriteLine($"making a world of {items} items in {bundle}");
            await BundleWriter.WriteAsync(bundle, await MakeAsync(items), overwrite: true);
        }

        return bundle;
    }

    /// <summary>The content of the bundle.</summary>
    public static async Task<BundleContent> MakeAsync(int items)
    {
        BundleContent content = new()
        {
            Name = string.Create(CultureInfo.InvariantCulture, $"start-{items}"),
            Version = "1",
            Dimension = Dimension,
            Metric = Metric.InnerProduct,
            UserTower = UserTower(items),
            ItemTower = ItemTower(),
            Items = [.. Enumerable.Range(0, items).Select(ItemOf)],
            Users = [.. Enumerable.Range(0, Math.Min(items / 10, 50_000)).Select(user => UserOf(user, items))],
        };
        using OpenedTowers towers = OpenedTowers.Open(content, new TowerOptions(), NullLogger.Instance);
        ReadOnlyMemory<float> embeddings = await towers.EmbedItemsAsync();
        return content with { Golden = await towers.MakeGoldenAsync([.. content.Users.Take(8)], embeddings) };
    }

    private static string IdOf(int row) => string.Create(CultureInfo.InvariantCulture, $"item-{row}");

    private static BundleItem ItemOf(int row)
    {
        var random = new Random(row);
        string category = $"category {random.Next(Categories)}", brand = $"brand {random.Next(Brands)}";
        string title = string.Create(CultureInfo.InvariantCulture, $"{brand} word{random.Next(3000)} word{random.Next(3000)} word{random.Next(3000)} number {row}");
        return new BundleItem
        {
            Id = IdOf(row),
            Title = title,
            Features = new Dictionary<string, FeatureValue>
            {
                ["category"] = FeatureValue.Of(category),
                ["brand"] = FeatureValue.Of(brand),
                ["title"] = FeatureValue.Of(title),
            },
            Attributes = new Dictionary<string, FeatureValue>
            {
                ["category"] = FeatureValue.Of(category),
                ["brand"] = FeatureValue.Of(brand),
                ["price"] = FeatureValue.Of(random.Next(100, 10_000) / 100.0),
            },
        };
    }

    private static BundleUser UserOf(int user, int items)
    {
        var random = new Random(-user - 1);
        return new BundleUser
        {
            Id = string.Create(CultureInfo.InvariantCulture, $"user-{user}"),
            Features = new Dictionary<string, FeatureValue> { ["country"] = FeatureValue.Of($"country {random.Next(50)}") },
            History = [.. Enumerable.Range(0, random.Next(1, History)).Select(_ => IdOf(random.Next(items)))],
        };
    }

    private static TowerContent UserTower(int items)
    {
        var random = new Random(1);
        var graph = new OnnxGraph("user_tower");
        OnnxValue ids = graph.Input("history_ids", OnnxType.Int64, "batch", "history");
        OnnxValue mask = graph.Input("history_mask", OnnxType.Float32, "batch", "history");
        OnnxValue country = graph.Input("country", OnnxType.Int64, "batch");
        OnnxValue mean = graph.MaskedMean(Table(graph, random, "items", items + 1, Dimension), ids, mask);
        OnnxValue sum = graph.Add(mean, graph.Gather(Table(graph, random, "countries", 51, Dimension), country));
        OnnxValue hidden = graph.Relu(Layer(graph, random, "layer1", sum, Dimension, Hidden));
        graph.Output("user_embedding", Layer(graph, random, "layer2", hidden, Hidden, Dimension), OnnxType.Float32, "batch", Dimension);
        return new TowerContent
        {
            Model = graph.ToBytes(),
            Manifest = new TowerManifest
            {
                Output = "user_embedding",
                History = new HistoryManifest { MaxLength = 50 },
                Inputs =
                [
                    new InputManifest { Name = "history_ids", Encoder = new HistoryIdsSpec { Offset = 1, Pad = 0 } },
                    new InputManifest { Name = "history_mask", Encoder = new HistoryMaskSpec() },
                    new InputManifest { Name = "country", Encoder = new VocabularySpec { Feature = "country", Values = Names("country", 50), FirstId = 1, Unknown = 0 } },
                ],
            },
        };
    }

    private static TowerContent ItemTower()
    {
        var random = new Random(2);
        var graph = new OnnxGraph("item_tower");
        OnnxValue category = graph.Input("category", OnnxType.Int64, "batch");
        OnnxValue brand = graph.Input("brand", OnnxType.Int64, "batch");
        OnnxValue words = graph.Input("title", OnnxType.Int64, "batch", TitleWords);
        OnnxValue title = graph.Sum(graph.Gather(Table(graph, random, "words", Words + 1, Part), words), graph.Constant("axis_1", [1L], 1));
        OnnxValue all = graph.Concat(
            1, graph.Gather(Table(graph, random, "categories", Categories + 1, Part), category), graph.Gather(Table(graph, random, "brands", Brands + 1, Part), brand), title);
        OnnxValue hidden = graph.Relu(Layer(graph, random, "layer1", all, 3 * Part, Hidden));
        graph.Output("item_embedding", Layer(graph, random, "layer2", hidden, Hidden, Dimension), OnnxType.Float32, "batch", Dimension);
        return new TowerContent
        {
            Model = graph.ToBytes(),
            Manifest = new TowerManifest
            {
                Output = "item_embedding",
                Inputs =
                [
                    new InputManifest { Name = "category", Encoder = new VocabularySpec { Feature = "category", Values = Names("category", Categories), FirstId = 1, Unknown = 0 } },
                    new InputManifest { Name = "brand", Encoder = new VocabularySpec { Feature = "brand", Values = Names("brand", Brands), FirstId = 1, Unknown = 0 } },
                    new InputManifest { Name = "title", Encoder = new HashedTokensSpec { Feature = "title", Buckets = Words, Length = TitleWords } },
                ],
            },
        };
    }

    private static string[] Names(string what, int count) => [.. Enumerable.Range(0, count).Select(i => $"{what} {i}")];

    private static OnnxValue Table(OnnxGraph graph, Random random, string name, int rows, int columns) => graph.Constant(name, Numbers(random, rows * columns, 1), rows, columns);

    private static OnnxValue Layer(OnnxGraph graph, Random random, string name, OnnxValue x, int inputs, int outputs) => graph.Dense(
        x, graph.Constant(name, Numbers(random, inputs * outputs, 1 / MathF.Sqrt(inputs)), inputs, outputs), graph.Constant(name + "_bias", Numbers(random, outputs, 0.1f), outputs));

    private static float[] Numbers(Random random, int count, float scale)
    {
        var numbers = new float[count];
        for (int i = 0; i < count; i++)
            numbers[i] = (random.NextSingle() * 2 - 1) * scale;
        return numbers;
    }
}
