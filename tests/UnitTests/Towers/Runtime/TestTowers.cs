using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using Inference.Towers.Runtime;
using Inference.Vectors;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.ML.OnnxRuntime;
using Xunit;

namespace UnitTests.Towers.Runtime;

/// <summary>Opens towers for tests of the runtime.</summary>
internal static class TestTowers
{
    /// <summary>The user tower of a small world.</summary>
    public static OnnxUserTower Open(SmallWorld world, TowerOptions? options = null, bool asDevice = false, bool threadsAreFree = true) =>
        Open(world.UserModel(), SmallWorld.UserManifest(), SmallWorld.Dimension, world.ItemCount, options, asDevice, threadsAreFree);

    /// <summary>Any user tower.</summary>
    /// <param name="asDevice">Takes the path of providers with a device of their own: no run on the caller's thread, inputs bound before every run.</param>
    /// <param name="threadsAreFree">What the runner believes of the process, whatever else runs in it.</param>
    public static OnnxUserTower Open(byte[] model, TowerManifest manifest, int dimension, int items = 20, TowerOptions? options = null, bool asDevice = false, bool threadsAreFree = true)
    {
        options ??= new TowerOptions();
        var problems = new BundleProblems();
        TowerFeatures features = ManifestCheck.CheckTower(manifest, TowerKind.User, problems);
        problems.ThrowIfAny("test");
        var catalogue = Catalogue.Of([.. Enumerable.Range(0, items).Select(row => new BundleItem { Id = SmallWorld.IdOf(row) })]);
        using SessionOptions session = OnnxEnvironment.NewSessionOptions(options.IntraOpThreads, NullLogger.Instance);
        string provider = asDevice ? "webgpu" : "cpu";
        var opened = new TowerModel(new OpenedSession(new InferenceSession(model, session), [provider], new ProviderUse("user_tower", provider, provider, null)));
        TowerShape? shape = new TowerBinder(manifest, "tower", dimension, options.MaxBatch, problems).Bind(opened.Session, new EncoderScope(catalogue.Items, null, null));
        if (shape is null)
            opened.Dispose();
        problems.ThrowIfAny("test");
        return new OnnxUserTower(new TowerRunner<UserTowerInput, UserRows>("user", opened, shape!, options, () => threadsAreFree), features.Features);
    }

    /// <summary>A ranking model over items with prices.</summary>
    public static OnnxRanker OpenRanker(byte[] model, TowerManifest manifest, int items = 20, TowerOptions? options = null)
    {
        options ??= new TowerOptions();
        var problems = new BundleProblems();
        TowerFeatures features = ManifestCheck.CheckTower(manifest, TowerKind.Ranker, problems);
        problems.ThrowIfAny("test");
        var catalogue = Catalogue.Of([.. Enumerable.Range(0, items).Select(row => new BundleItem { Id = SmallWorld.IdOf(row), Features = SmallWorld.Features(("price", FeatureValue.Of(row + 0.5))) })]);
        using SessionOptions session = OnnxEnvironment.NewSessionOptions(options.IntraOpThreads, NullLogger.Instance);
        var opened = new TowerModel(new OpenedSession(new InferenceSession(model, session), ["cpu"], new ProviderUse("ranker", "cpu", "cpu", null)));
        TowerShape? shape = new TowerBinder(manifest, "ranker", 1, options.MaxBatch, problems, ofScores: true).Bind(opened.Session, new EncoderScope(catalogue.Items, null, null));
        problems.ThrowIfAny("test");
        return new OnnxRanker(new TowerRunner<RankedRow, RankedRows>("ranker", opened, shape!, options, static () => true), features, catalogue.Items);
    }

    /// <summary>A tower that divides 1 by a feature: 0 gives infinity; and looks up another one in a table of four rows: 5 makes the run fail.</summary>
    public static OnnxUserTower OpenFragile(TowerOptions? options = null)
    {
        var graph = new OnnxGraph("fragile");
        OnnxValue divisor = graph.Input("divisor", OnnxType.Float32, "batch", 1);
        OnnxValue row = graph.Input("row", OnnxType.Int64, "batch");
        OnnxValue quotient = graph.Divide(graph.Constant("one", [1f], 1), divisor);
        graph.Output("y", graph.Add(graph.Gather(graph.Constant("table", new float[8], 4, 2), row), quotient), OnnxType.Float32, "batch", 2);
        return Open(graph.ToBytes(), new TowerManifest
        {
            Inputs =
            [
                new InputManifest { Name = "divisor", Encoder = new NumberSpec { Feature = "divisor", Missing = 1 } },
                new InputManifest { Name = "row", Encoder = new IntegerSpec { Feature = "row", Min = 0, Max = 100 } },
            ],
        }, dimension: 2, options: options);
    }

    public static UserTowerInput User(string? country, params int[] history) =>
        new(new FeatureSet(country is null ? null : SmallWorld.Features(("country", FeatureValue.Of(country)))), history);

    public static async Task<float[]> EncodeAsync(this IUserTower tower, int dimension, params UserTowerInput[] users)
    {
        var embeddings = new float[users.Length * dimension];
        await tower.EncodeAsync(users, embeddings, CancellationToken.None);
        return embeddings;
    }

    public static void AssertClose(float[] expected, ReadOnlyMemory<float> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
            Assert.Equal(expected[i], actual.Span[i], 1e-5f);
    }
}
