using System.Globalization;
using Benchmarks.Vectors;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Vectors;
using UnitTests.Vectors.Graph;

namespace Benchmarks.Comparison;

/// <summary>
/// <c>recall-bundle FOLDER ITEMS [KIND]</c>: writes two bundles of the same items, FOLDER/sound/1 with a graph and FOLDER/damaged/1 with the links of that graph broken, for servers that load-tests/recall.sh asks. Items lie around
/// centres as those of real shops do; each of the 40,000 users has one of 2,000 tastes, which the user tower looks up.
/// </summary>
internal static class RecallBundle
{
    private const int Dimension = 64, Tastes = 2_000, Users = 40_000;

    public static async Task<int> WriteAsync(string[] args)
    {
        if (args is not [var folder, var number, .. var rest] || !int.TryParse(number, CultureInfo.InvariantCulture, out int items) || items < 1_000 || rest.Length > 1 || !Enum.TryParse(rest.FirstOrDefault("Fast"), out IndexKind kind))
        {
            Console.Error.WriteLine("usage: recall-bundle FOLDER ITEMS [Fast|Compact]      (at least 1,000 items)");
            return 2;
        }

        using VectorMatrix matrix = ShapedVectors.Matrix(VectorSet.Clustered, items, Dimension, seed: 11);
        var embeddings = new float[(long)items * Dimension];
        for (int row = 0; row < items; row++)
            matrix.Row(row).CopyTo(embeddings.AsSpan(row * Dimension));
        using VectorIndex sound = IndexBuilder.Build(matrix, Metric.InnerProduct, new IndexOptions { Kind = kind });
        BundleContent content = Content("sound", embeddings, items) with { Index = sound };
        await BundleWriter.WriteAsync(Path.Combine(folder, "sound", "1"), content, overwrite: true);
        using VectorIndex damaged = DamagedIndex.BrokenLinks(sound);
        await BundleWriter.WriteAsync(Path.Combine(folder, "damaged", "1"), content with { Name = "damaged", Index = damaged }, overwrite: true);
        return 0;
    }

    private static BundleContent Content(string name, float[] embeddings, int items) => new()
    {
        Name = name,
        Version = "1",
        Dimension = Dimension,
        Metric = Metric.InnerProduct,
        UserTower = new TowerContent
        {
            Model = Model(),
            Manifest = new TowerManifest
            {
                Output = "embedding",
                Inputs =
                [
                    new InputManifest
                    {
                        Name = "taste",
                        Dtype = "int64",
                        Encoder = new VocabularySpec { Feature = "taste", Values = [.. Enumerable.Range(0, Tastes).Select(NameOf)], FirstId = 0, Unknown = 0, Missing = 0 },
                    },
                ],
            },
        },
        Items = [.. Enumerable.Range(0, items).Select(row => new BundleItem { Id = $"item-{row}" })],
        ItemEmbeddings = embeddings,
        Users =
        [
            .. Enumerable.Range(1, Users).Select(user => new BundleUser
            {
                Id = $"u{user}",
                Features = new Dictionary<string, FeatureValue> { ["taste"] = FeatureValue.Of(NameOf(user % Tastes)) },
                History = [$"item-{user % items}"],
            }),
        ],
    };

    private static byte[] Model()
    {
        float[][] tastes = ShapedVectors.Queries(VectorSet.Clustered, Tastes, Dimension, seed: 11);
        var graph = new OnnxGraph("tastes");
        OnnxValue taste = graph.Input("taste", OnnxType.Int64, "batch");
        graph.Output("embedding", graph.Gather(graph.Constant("table", [.. tastes.SelectMany(vector => vector)], Tastes, Dimension), taste), OnnxType.Float32, "batch", Dimension);
        return graph.ToBytes();
    }

    private static string NameOf(int taste) => string.Create(CultureInfo.InvariantCulture, $"taste-{taste}");
}
