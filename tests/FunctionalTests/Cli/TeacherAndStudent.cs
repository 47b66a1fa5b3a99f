using System.Security.Cryptography;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Vectors;

namespace FunctionalTests.Cli;

/// <summary>
/// A teacher, and students of it that are narrower: a user is the mean of the items of the history, an item its row of a table whose later columns matter less and less. A student of d
/// dimensions has the first d columns, rounded as 8-bit codes would leave them, so how far it agrees with its teacher can be worked out.
/// </summary>
internal sealed class TeacherAndStudent
{
    public const int Items = 300, Width = 32, Users = 150, MaxHistory = 8;

    private readonly float[][] _table;
    private readonly int[][] _histories;

    public TeacherAndStudent(int seed = 5)
    {
        var random = new Random(seed);
        _table = [.. Enumerable.Range(0, Items).Select(_ => Enumerable.Range(0, Width).Select(d => (float)(Math.Pow(0.8, d) * ((random.NextDouble() * 2) - 1))).ToArray())];
        _histories = [.. Enumerable.Range(0, Users).Select(_ => Enumerable.Range(0, 1 + random.Next(MaxHistory)).Select(_ => random.Next(Items)).ToArray())];
    }

    public static string IdOf(int row) => $"item-{row}";

    /// <summary>The bundle of the first columns.</summary>
    /// <param name="sign">−1 turns users around, so that what was best is worst.</param>
    /// <param name="width">Columns; fewer than the teacher's are rounded.</param>
    public BundleContent Content(string name, int width = Width, float sign = 1)
    {
        float[] table = new float[(Items + 1) * width];
        for (int row = 0; row < Items; row++)
            Row(row, width).CopyTo(table, (row + 1) * width);
        return new BundleContent
        {
            Name = name,
            Version = "1",
            Dimension = width,
            Metric = Metric.InnerProduct,
            UserTower = new TowerContent { Model = UserModel(table, width, sign), Manifest = UserManifest },
            ItemTower = new TowerContent { Model = ItemModel(table, width), Manifest = ItemManifest },
            Items = [.. Enumerable.Range(0, Items).Select(row => new BundleItem { Id = IdOf(row) })],
            Users = [.. _histories.Select((history, user) => new BundleUser { Id = $"user-{user}", History = [.. history.Select(IdOf)] })],
        };
    }

    /// <summary>The space of a bundle without a name of its own for it.</summary>
    public static string SpaceOf(BundleContent content) =>
        EmbeddingSpace.Derive(Convert.ToHexStringLower(SHA256.HashData(content.UserTower.Model.Span)), Convert.ToHexStringLower(SHA256.HashData(content.ItemTower!.Model.Span)));

    /// <summary>Mean overlap@10 of the teacher's and a student's slates for the known users.</summary>
    public double ExpectedOverlap(int width) => _histories.Average(history => Best(history, Width).Intersect(Best(history, width)).Count() / 10.0);

    private int[] Best(int[] history, int width)
    {
        var user = new double[width];
        foreach (int row in history)
        {
            for (int d = 0; d < width; d++)
                user[d] += Row(row, width)[d] / history.Length;
        }

        return [.. Enumerable.Range(0, Items).Except(history).OrderByDescending(row => Row(row, width).Select((x, d) => x * user[d]).Sum()).Take(10)];
    }

    private float[] Row(int row, int width) => width == Width ? _table[row] : [.. _table[row].Take(width).Select(x => MathF.Round(x * 127) / 127)];

    private static byte[] UserModel(float[] table, int width, float sign)
    {
        var graph = new OnnxGraph("user_tower");
        OnnxValue ids = graph.Input("history_ids", OnnxType.Int64, "batch", "history");
        OnnxValue mask = graph.Input("history_mask", OnnxType.Float32, "batch", "history");
        OnnxValue mean = graph.MaskedMean(graph.Constant("items", table, Items + 1, width), ids, mask);
        graph.Output("user_embedding", graph.Multiply(mean, graph.Constant("sign", [sign], 1)), OnnxType.Float32, "batch", width);
        return graph.ToBytes();
    }

    private static byte[] ItemModel(float[] table, int width)
    {
        var graph = new OnnxGraph("item_tower");
        OnnxValue id = graph.Input("item_id", OnnxType.Int64, "batch");
        graph.Output("item_embedding", graph.Gather(graph.Constant("items", table, Items + 1, width), id), OnnxType.Float32, "batch", width);
        return graph.ToBytes();
    }

    private static TowerManifest UserManifest => new()
    {
        Output = "user_embedding",
        History = new HistoryManifest { MaxLength = MaxHistory },
        Inputs =
        [
            new InputManifest { Name = "history_ids", Dtype = "int64", Encoder = new HistoryIdsSpec { Offset = 1, Pad = 0 } },
            new InputManifest { Name = "history_mask", Dtype = "float32", Encoder = new HistoryMaskSpec() },
        ],
    };

    private static TowerManifest ItemManifest => new()
    {
        Output = "item_embedding",
        Inputs = [new InputManifest { Name = "item_id", Dtype = "int64", Encoder = new ItemIdSpec { Offset = 1, Unknown = 0 } }],
    };
}
