using System.Numerics.Tensors;
using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Training.Data;
using Inference.Vectors;

namespace Inference.Training.Demo;

/// <summary>An item of a demo world that came after the towers were trained.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Title">Title for people.</param>
/// <param name="Features">What the item tower of the world's bundle reads.</param>
public sealed record DemoNewItem(string Id, string Title, IReadOnlyDictionary<string, FeatureValue> Features);

/// <summary>
/// What a demo world's truth folder says, read back: what unseen users like, so that whatever a server shows them can be judged. Rows are catalogue items, then new items. Immutable, safe for concurrent use.
/// </summary>
public sealed class DemoTruth
{
    private readonly int _rank;
    private readonly double _steepness;
    private readonly float[] _items;
    private readonly double[] _popularity;
    private readonly float[] _users;
    private readonly string[] _ids;

    private DemoTruth(int rank, double steepness, int catalogue, float[] items, double[] popularity, float[] users, string[] ids)
    {
        (_rank, _steepness, CatalogueCount, _items, _popularity, _users, _ids) = (rank, steepness, catalogue, items, popularity, users, ids);
        RowOf = new Dictionary<string, int>(ids.Length, StringComparer.Ordinal);
        for (int row = 0; row < ids.Length; row++)
            RowOf.Add(ids[row], row);
    }

    /// <summary>Items of the bundle: rows 0 to this.</summary>
    public int CatalogueCount { get; }

    /// <summary>Catalogue and new items together.</summary>
    public int Count => _ids.Length;

    /// <summary>Users of whom the shop knows the context alone.</summary>
    public int UserCount => _users.Length / _rank;

    /// <summary>Rows by id.</summary>
    public Dictionary<string, int> RowOf { get; }

    /// <summary>Titles of the catalogue, by row.</summary>
    public required IReadOnlyList<string> Titles { get; init; }

    /// <summary>The new items, in the order of their rows behind the catalogue.</summary>
    public required IReadOnlyList<DemoNewItem> NewItems { get; init; }

    /// <summary>Context of each unseen user.</summary>
    public required IReadOnlyList<IReadOnlyDictionary<string, FeatureValue>> Contexts { get; init; }

    /// <summary>The id of a row.</summary>
    public string IdOf(int row) => _ids[row];

    /// <summary>P(user takes item) of every row: sums to 1 over the catalogue, and new items have theirs in the same measure.</summary>
    /// <param name="user">An unseen user, from 0.</param>
    /// <param name="shares">Receives <see cref="Count"/> numbers above 0.</param>
    public void Shares(int user, Span<double> shares)
    {
        ReadOnlySpan<float> factors = _users.AsSpan(user * _rank, _rank);
        for (int row = 0; row < Count; row++)
            shares[row] = _popularity[row] * Math.Exp(_steepness * TasteSpace.Dot(factors, _items.AsSpan(row * _rank, _rank)));
        double sum = TensorPrimitives.Sum<double>(shares[..CatalogueCount]);
        TensorPrimitives.Divide(shares, sum, shares);
    }

    /// <summary>Reads the truth of a world.</summary>
    /// <param name="folder">The data folder of a demo world; its folder "truth" is read.</param>
    /// <exception cref="InvalidDataException">There is no truth, or its files do not fit together.</exception>
    /// <exception cref="IOException">The disk fails.</exception>
    public static DemoTruth Read(string folder)
    {
        string PathOf(string file) => Path.Combine(folder, "truth", file);
        if (!File.Exists(PathOf("truth.json")))
            throw new InvalidDataException($"There is no truth in {folder}: it is the data folder of a demo world, which 'inference demo --out DIR' makes as DIR/demo-data.");
        using JsonDocument constants = JsonDocument.Parse(File.ReadAllBytes(PathOf("truth.json")));
        JsonElement root = constants.RootElement;
        int rank = root.GetProperty("rank").GetInt32(), items = root.GetProperty("items").GetInt32(), added = root.GetProperty("new_items").GetInt32();
        int users = root.GetProperty("users").GetInt32(), unseen = root.GetProperty("unseen_users").GetInt32();

        float[] factors = [.. ReadMatrix(PathOf("item_factors.npy"), items, rank), .. ReadMatrix(PathOf("new_item_factors.npy"), added, rank)];
        float[] catalogue = ReadMatrix(PathOf("item_popularity.npy"), items, 1);
        // Worlds of earlier versions did not say how popular their new items are; then each is as popular as the mean item.
        float[] fresh = File.Exists(PathOf("new_item_popularity.npy")) ? ReadMatrix(PathOf("new_item_popularity.npy"), added, 1) : [.. Enumerable.Repeat(1f / items, added)];
        float[] userFactors = ReadMatrix(PathOf("user_factors.npy"), users + unseen, rank)[(users * rank)..];

        EntityTable known = ReadTable(Path.Combine(folder, EntityTableReader.ItemsFile), EntityTableReader.ItemId, items);
        EntityTable newcomers = ReadTable(PathOf("new_items.csv"), EntityTableReader.ItemId, added);
        EntityTable people = ReadTable(PathOf("unseen_users.csv"), EntityTableReader.UserId, unseen);
        return new DemoTruth(
            rank, root.GetProperty("steepness").GetDouble(), items, factors, [.. catalogue.Concat(fresh).Select(weight => (double)weight)], userFactors, [.. known.ToIds(), .. newcomers.ToIds()])
        {
            Titles = [.. Enumerable.Range(0, items).Select(row => known.Column("title")?[row] ?? "")],
            NewItems = [.. Enumerable.Range(0, added).Select(row => NewItemOf(newcomers, row))],
            Contexts = [.. Enumerable.Range(0, unseen).Select(row => ContextOf(people, row))],
        };
    }

    private static DemoNewItem NewItemOf(EntityTable table, int row)
    {
        var features = new Dictionary<string, FeatureValue>(StringComparer.Ordinal);
        foreach (string name in (string[])[DemoItemFeatures.CategoryFeature, DemoItemFeatures.BrandFeature, DemoItemFeatures.TitleFeature])
        {
            if (table.Column(name)?[row] is { } text)
                features.Add(name, FeatureValue.Of(text));
        }

        return new DemoNewItem(table.IdOf(row), table.Column(DemoItemFeatures.TitleFeature)?[row] ?? "", features);
    }

    private static Dictionary<string, FeatureValue> ContextOf(EntityTable table, int row)
    {
        var context = new Dictionary<string, FeatureValue>(StringComparer.Ordinal);
        foreach (EntityColumn column in table.Columns)
        {
            if (column[row] is { } text)
                context.Add(column.Name, column.Name == ShopVocabulary.Hour ? FeatureValue.Of(column.IntegerOf(column.Codes[row])) : FeatureValue.Of(text));
        }

        return context;
    }

    private static float[] ReadMatrix(string path, int rows, int columns)
    {
        float[] values = NpyFile.Read(path, out int found, out int width);
        return found == rows && width == columns ? values : throw new InvalidDataException($"{path} has {found} × {width} numbers, not {rows} × {columns}.");
    }

    private static EntityTable ReadTable(string path, string idColumn, int rows)
    {
        EntityTable table = EntityTableReader.Read(path, idColumn, mostBadRows: 0, progress: null, CancellationToken.None);
        return table.Count == rows ? table : throw new InvalidDataException($"{path} has {table.Count} rows, not {rows}.");
    }
}
