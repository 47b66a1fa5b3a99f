using Inference.Recommendations.Features;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;

namespace UnitTests.Towers;

/// <summary>
/// A world of a few items with towers whose answers are known in closed form: the user is the mean of the items of the history plus a vector per country, the item is
/// its row of the table. Everything follows from the seed.
/// </summary>
internal sealed class SmallWorld
{
    public const int Dimension = 8;
    public const int MaxHistory = 10;

    public static readonly string[] Countries = ["France", "Spain", "Italy"];

    private readonly float[] _table;
    private readonly float[] _countries;

    public SmallWorld(int items = 20, int seed = 1)
    {
        var random = new Random(seed);
        ItemCount = items;
        // Row 0 is padding and unknown items; what stands there must never be seen.
        _table = Numbers((items + 1) * Dimension);
        // Ids: 0 missing, 1 to 3 the countries, 4 any other.
        _countries = Numbers(5 * Dimension);

        float[] Numbers(int count)
        {
            var numbers = new float[count];
            for (int i = 0; i < count; i++)
                numbers[i] = (float)(random.NextDouble() * 2 - 1);
            return numbers;
        }
    }

    public int ItemCount { get; }

    public static string IdOf(int row) => $"item-{row}";

    /// <summary>What the user tower has to answer.</summary>
    public float[] Embed(int countryId, params int[] history)
    {
        int[] last = history.TakeLast(MaxHistory).ToArray();
        var sum = new double[Dimension];
        foreach (int row in last)
        {
            for (int d = 0; d < Dimension; d++)
                sum[d] += _table[(row + 1) * Dimension + d];
        }

        return [.. sum.Select((value, d) => (float)(value / Math.Max(last.Length, 1) + _countries[countryId * Dimension + d]))];
    }

    public float[] ItemVector(int row) => _table.AsSpan((row + 1) * Dimension, Dimension).ToArray();

    /// <summary>Ids of the best items by inner product without the history.</summary>
    public string[] Top(int k, float[] user, params int[] history) =>
    [
        .. Enumerable.Range(0, ItemCount).Except(history)
            .OrderByDescending(row => ItemVector(row).Zip(user, (a, b) => (double)a * b).Sum()).ThenBy(row => row).Take(k).Select(IdOf),
    ];

    public byte[] UserModel()
    {
        var graph = new OnnxGraph("user_tower");
        OnnxValue ids = graph.Input("history_ids", OnnxType.Int64, "batch", "history");
        OnnxValue mask = graph.Input("history_mask", OnnxType.Float32, "batch", "history");
        OnnxValue country = graph.Input("country", OnnxType.Int64, "batch");
        OnnxValue mean = graph.MaskedMean(graph.Constant("items", _table, ItemCount + 1, Dimension), ids, mask);
        OnnxValue place = graph.Gather(graph.Constant("countries", _countries, 5, Dimension), country);
        graph.Output("user_embedding", graph.Add(mean, place), OnnxType.Float32, "batch", Dimension);
        return graph.ToBytes();
    }

    public byte[] ItemModel()
    {
        var graph = new OnnxGraph("item_tower");
        OnnxValue id = graph.Input("item_id", OnnxType.Int64, "batch");
        graph.Output("item_embedding", graph.Gather(graph.Constant("items", _table, ItemCount + 1, Dimension), id), OnnxType.Float32, "batch", Dimension);
        return graph.ToBytes();
    }

    public static TowerManifest UserManifest() => new()
    {
        Output = "user_embedding",
        History = new HistoryManifest { MaxLength = MaxHistory },
        Inputs =
        [
            new InputManifest { Name = "history_ids", Dtype = "int64", Shape = [-1, -1], Encoder = new HistoryIdsSpec { Offset = 1, Pad = 0 } },
            new InputManifest { Name = "history_mask", Dtype = "float32", Encoder = new HistoryMaskSpec() },
            new InputManifest { Name = "country", Dtype = "int64", Encoder = new VocabularySpec { Feature = "country", Values = Countries, FirstId = 1, Unknown = 4, Missing = 0 } },
        ],
    };

    public static TowerManifest ItemManifest() => new()
    {
        Output = "item_embedding",
        Inputs = [new InputManifest { Name = "item_id", Dtype = "int64", Encoder = new ItemIdSpec { Offset = 1, Unknown = 0 } }],
    };

    public BundleContent Content(string version = "1") => new()
    {
        Name = "small",
        Version = version,
        Dimension = Dimension,
        Metric = Metric.InnerProduct,
        UserTower = new TowerContent { Model = UserModel(), Manifest = UserManifest() },
        ItemTower = new TowerContent { Model = ItemModel(), Manifest = ItemManifest() },
        Items = [.. Enumerable.Range(0, ItemCount).Select(row => new BundleItem { Id = IdOf(row), Title = $"Item & number {row}", Features = Features(("price", FeatureValue.Of(row + 0.5))) })],
        Users =
        [
            new BundleUser { Id = "ann", Features = Features(("country", FeatureValue.Of("Spain"))), History = [IdOf(1), IdOf(2)] },
            new BundleUser { Id = "bob", History = [IdOf(2)] },
        ],
        Golden = Golden(),
    };

    public GoldenFile Golden()
    {
        return new GoldenFile { Cases = [Case(null, 0), Case("Spain", 2, 3), Case("Atlantis", 4, 0, 5, 7, 9, 11, 1, 2, 3, 4, 6, 8, 10), Case("Italy", 3, 4, 4, 4)] };

        GoldenCase Case(string? country, int id, params int[] history)
        {
            float[] user = Embed(id, history);
            return new GoldenCase
            {
                Features = country is null ? null : Features(("country", FeatureValue.Of(country))),
                History = [.. history.Select(IdOf)],
                Embedding = user,
                Top = Top(3, user, history),
            };
        }
    }

    public static Dictionary<string, FeatureValue> Features(params (string Name, FeatureValue Value)[] features) => features.ToDictionary(feature => feature.Name, feature => feature.Value);

    public static Task<LoadedBundle> LoadAsync(string folder, TowerOptions? options = null) =>
        BundleLoader.LoadAsync(folder, options ?? new TowerOptions(), null, NullLogger.Instance);
}
