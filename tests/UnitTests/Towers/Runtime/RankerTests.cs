using System.Diagnostics.CodeAnalysis;
using Inference.Recommendations.Features;
using Inference.Recommendations.Ports;
using Inference.Recommendations.Snapshots;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Onnx;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Inference.Towers.Runtime;
using Xunit;

namespace UnitTests.Towers.Runtime;

/// <summary>The ranking model of a bundle, from its files to scores.</summary>
[SuppressMessage("Reliability", "CA2012", Justification = "These tests look at the tasks themselves.")]
public sealed class RankerTests
{
    private static readonly SmallRanker Small = new();

    public static TheoryData<int, int> Forms => new() { { 1, 1 }, { 0, 1 }, { 1, 2 } };

    [Theory]
    [MemberData(nameof(Forms))]
    public async Task RankAsync_OfAnyForm_ScoresEachCandidateAsTheModelDoes(int axes, int columns)
    {
        var content = new TowerContent { Model = Small.Model(isFlat: axes == 0, columns), Manifest = SmallRanker.Manifest(columns > 1 ? columns - 1 : null) };
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(Small.AddTo(new SmallWorld().Content()) with { Ranker = content });
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using var snapshot = loaded.Snapshot;

        int[] rows = [.. Enumerable.Range(0, 20)];
        RankInput input = Input("Italy", [3, 9], rows);
        var scores = new float[rows.Length];
        EncodeOutcome outcome = await snapshot.Ranker!.RankAsync(input, scores, default, default);

        Assert.Equal(EncodeOutcome.Encoded, outcome);
        Assert.Equal(4 + 2, loaded.GoldenCases);
        Assert.Equal("ranker", loaded.ProviderUses[^1].Part);
        for (int i = 0; i < rows.Length; i++)
            Assert.Equal(Small.Score(3, [3, 9], rows[i], input.Cross.Span.Slice(i * CrossFeatures.Count, CrossFeatures.Count)), scores[i], 1e-5f);
    }

    [Fact]
    public async Task RankAsync_OfItemsThatCameLater_GivesTheModelItsIdOfUnknownOnes()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(Small.AddTo(new SmallWorld().Content()));
        using var snapshot = (await SmallWorld.LoadAsync(bundle.Path)).Snapshot;
        snapshot.Editor.Apply([new ItemChange("late", 1, ItemContent.Empty)], new float[SmallWorld.Dimension]);
        Assert.True(snapshot.Items.TryGetRow("late", out int row));

        RankInput input = Input(null, [1], [row]);
        var scores = new float[1];
        await snapshot.Ranker!.RankAsync(input, scores, default, default);

        // Row −1 of the tables is the unknown item's; there is no price.
        float expected = Small.Score(0, [1], -1, input.Cross.Span) - (SmallRanker.PriceWeight * -0.5f);
        Assert.Equal(expected, scores[0], 1e-5f);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(128)]
    public async Task RankAsync_OfManyUsersAtOnce_GivesTheSameBitsAsAlone(int maxBatch)
    {
        // Sums over histories of other lengths are rounded otherwise; with one length for all, who else is in the batch must not matter in a single bit.
        TowerManifest manifest = SmallRanker.Manifest();
        var content = new TowerContent { Model = Small.Model(), Manifest = manifest with { History = manifest.History! with { PadTo = "max_length" } } };
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(Small.AddTo(new SmallWorld().Content()) with { Ranker = content });
        using var snapshot = (await SmallWorld.LoadAsync(bundle.Path, new TowerOptions { MaxBatch = maxBatch, MaxQueuedRows = 1_000_000 })).Snapshot;
        RankInput[] inputs = [.. Enumerable.Range(0, 64).Select(user => Input(
            (user % 4) switch { 0 => null, 1 => "France", 2 => "Spain", _ => "Atlantis" },
            [.. Enumerable.Range(0, user % 12).Select(i => (user + i) % 20)],
            [.. Enumerable.Range(0, 1 + (user * 7 % 50)).Select(i => (user + (3 * i)) % 20)]))];
        var alone = new float[inputs.Length][];
        for (int user = 0; user < inputs.Length; user++)
        {
            alone[user] = new float[inputs[user].Rows.Length];
            await snapshot.Ranker!.RankAsync(inputs[user], alone[user], default, default);
        }

        float[][] together = [.. inputs.Select(input => new float[input.Rows.Length])];
        EncodeOutcome[] outcomes = await Task.WhenAll(Enumerable.Range(0, inputs.Length).Select(user =>
            Task.Run(() => snapshot.Ranker!.RankAsync(inputs[user], together[user], default, default).AsTask())));

        Assert.All(outcomes, outcome => Assert.Equal(EncodeOutcome.Encoded, outcome));
        Assert.Equal(alone, together);
    }

    [Fact]
    public async Task RankAsync_WithoutTime_IsLateAndComputesNothing()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(Small.AddTo(new SmallWorld().Content()));
        using var snapshot = (await SmallWorld.LoadAsync(bundle.Path)).Snapshot;
        float[] scores = [7f];

        Assert.Equal(EncodeOutcome.Late, await snapshot.Ranker!.RankAsync(Input(null, [], [1]), scores, new Urgency(Patience: TimeSpan.Zero), default));
        Assert.Equal(7f, scores[0]);
    }

    [Theory]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NaN)]
    public async Task RankAsync_WhereAScoreIsNoNumber_Fails(float number)
    {
        var graph = new OnnxGraph("bad");
        OnnxValue x = graph.Input("x", OnnxType.Float32, "batch", 1);
        graph.Output("score", graph.Add(x, graph.Multiply(graph.Constant("bad", [number], 1), graph.Relu(x))), OnnxType.Float32, "batch", 1);
        var manifest = new TowerManifest { Inputs = [new InputManifest { Name = "x", Encoder = new CrossSpec { Value = "retrieval_score", Missing = 1 } }] };
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallWorld().Content() with { Ranker = new TowerContent { Model = graph.ToBytes(), Manifest = manifest } });
        using var snapshot = (await SmallWorld.LoadAsync(bundle.Path)).Snapshot;

        await Assert.ThrowsAsync<TowerException>(async () => await snapshot.Ranker!.RankAsync(Input(null, [], [1, 2]), new float[2], default, default));
    }

    [Fact]
    public async Task Load_TellsWhatTheModelReads()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(Small.AddTo(new SmallWorld().Content()));
        using var snapshot = (await SmallWorld.LoadAsync(bundle.Path)).Snapshot;

        Assert.Equal(["country"], snapshot.Ranker!.Features.Names);
        Assert.Equal(["price"], snapshot.Ranker.ItemFeatures.Names);
        Assert.Equal(SmallRanker.Cross.Select(one => CrossFeatures.Names[(int)one.Feature]).Order(), CrossFeatures.NamesOf(snapshot.Ranker.Reads).Order());
        Assert.True(snapshot.Context.Knows("country"));
    }

#if !DEBUG
    [Fact]
    public async Task RankAsync_WhenWarm_AllocatesNothing()
    {
        using OnnxRanker ranker = TestTowers.OpenRanker(Small.Model(), SmallRanker.Manifest());
        RankInput input = Input("Spain", [1, 2, 3], [.. Enumerable.Range(0, 100).Select(i => i % 20)]);
        var scores = new float[100];
        for (int i = 0; i < 200; i++)
            await ranker.RankAsync(input, scores, default, default);

        long bytes = Testing.Allocated.Least(() =>
        {
            for (int i = 0; i < 200; i++)
                Assert.True(ranker.RankAsync(input, scores, default, default).IsCompletedSuccessfully); // so all of it was allocated on this thread
        });
        Assert.True(bytes == 0, $"{bytes} bytes for 200 calls of 100 candidates");
    }
#endif

    private static RankInput Input(string? country, int[] history, int[] rows) => new()
    {
        Features = new FeatureSet(country is null ? null : SmallWorld.Features(("country", FeatureValue.Of(country)))),
        History = history,
        Rows = rows,
        Cross = SmallRanker.CrossOf(rows),
    };
}
