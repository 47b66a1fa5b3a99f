using System.Buffers.Binary;
using System.Text.Json.Nodes;
using Inference.Recommendations.Features;
using Inference.Recommendations.Fusion;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Fusion;
using Inference.Vectors;
using Inference.Vectors.Files;
using Xunit;

namespace UnitTests.Towers.Fusion;

public sealed class FusionBundleTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(25)]
    public async Task Load_OfWhatWasWritten_ScoresWithTheSameBits(int events)
    {
        var world = new SmallWorld(items: 60);
        using var fusion = new SmallFusion(world);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(fusion.AddTo(world.Content()));
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using Snapshot snapshot = loaded.Snapshot;

        foreach (string country in (string[])["France", "Atlantis"])
        {
            var features = new FeatureSet(SmallWorld.Features(("country", FeatureValue.Of(country)), ("device", FeatureValue.Of("phone"))));
            int[] history = [.. Enumerable.Range(0, events).Select(i => (i * 7) % 60)];
            int[] passed = [.. Enumerable.Range(0, events).Select(i => (i * 11) % 60)];
            var offline = new float[60];
            var served = new float[60];
            await new FusedScorer(fusion.Model).ScoreAsync(snapshot.UserTower, SmallWorld.Dimension, features, history, passed, offline, default);
            await snapshot.Fusion!.ScoreAsync(snapshot.UserTower, SmallWorld.Dimension, features, history, passed, served, default);

            Assert.Equal(offline, served);
            Assert.True(offline.Distinct().Count() > 50);
        }

        Assert.Equal("""{ "ndcg@10": { "warm": 0.25 } }""", loaded.Manifest.ModelCard!.Value.GetRawText());
        Assert.True(snapshot.Context.Knows("device"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    public async Task Load_WithNewItems_ScoresThemWithTheSameBits(int events)
    {
        var world = new SmallWorld(items: 60);
        using var fusion = new SmallFusion(world, withNewItems: true);
        using var plain = new SmallFusion(world);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(fusion.AddTo(world.Content()));
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using Snapshot snapshot = loaded.Snapshot;
        var features = new FeatureSet(SmallWorld.Features(("country", FeatureValue.Of("France"))));
        int[] history = [.. Enumerable.Range(0, events).Select(i => (i * 7) % 60)];
        float[] offline = new float[60], served = new float[60], without = new float[60];
        await new FusedScorer(fusion.Model).ScoreAsync(snapshot.UserTower, SmallWorld.Dimension, features, history, offline, default);
        await snapshot.Fusion!.ScoreAsync(snapshot.UserTower, SmallWorld.Dimension, features, history, served, default);
        await new FusedScorer(plain.Model).ScoreAsync(snapshot.UserTower, SmallWorld.Dimension, features, history, without, default);

        Assert.Equal(offline, served);
        Assert.Equal(without[..45], served[..45]);
        Assert.NotEqual(without[45..], served[45..]);
    }

    [Theory]
    [InlineData("first_row", "60", "'first_row' is 60; there are 20 items")]
    [InlineData("first_row", "0", "firstRow ('0')")]
    [InlineData("level", "null", "needs 'first_row', 'level' and 'sources'")]
    [InlineData("sources", "{ \"tower\": 1, \"unheard\": 1 }", "'sources' has 'unheard'")]
    [InlineData("sources", "{ \"tower\": 0 }", "one of them is not 0")]
    [InlineData("levle", "1", "unknown field 'levle'")]
    public async Task Load_WithFaultyNewItems_IsRefused(string field, string value, string reason)
    {
        var world = new SmallWorld();
        using var fusion = new SmallFusion(world, withNewItems: true);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(fusion.AddTo(world.Content()));
        Edit(bundle, file => file["new_items"]![field] = JsonNode.Parse(value));

        await bundle.RefuseAsync(reason);
    }

    [Fact]
    public async Task Load_WithNewItemsWithoutWeights_IsRefused()
    {
        var world = new SmallWorld();
        using var fusion = new SmallFusion(world, withNewItems: true);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(fusion.AddTo(world.Content()));
        Edit(bundle, file => file.Remove("weights"));

        await bundle.RefuseAsync("needs 'weights' for all other items");
    }

    [Fact]
    public async Task Load_WithoutWeights_AddsRanks()
    {
        var world = new SmallWorld(items: 60);
        using var fusion = new SmallFusion(world, withWeights: false);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(fusion.AddTo(world.Content()));
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using Snapshot snapshot = loaded.Snapshot;

        Assert.Null(snapshot.Fusion!.Model.Weights);
    }

    [Fact]
    public async Task Load_WithProfilesAndNoFusion_HasTheMixtureForFewEvents()
    {
        var world = new SmallWorld(items: 60);
        using var fusion = new SmallFusion(world);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(fusion.AddTo(world.Content()) with { Fusion = null });
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using Snapshot snapshot = loaded.Snapshot;

        Assert.Null(snapshot.Fusion);
        Assert.Same(snapshot.ColdFusion, snapshot.ScorerFor([1, 2, 3]));
        int[] many = [.. Enumerable.Range(0, 10)];
        Assert.Null(snapshot.ScorerFor(many));
        Assert.Same(snapshot.ColdFusion, snapshot.ScorerFor(many, hasPassed: true));
        Assert.Equal(["popularity", "clusters", "tower_context", "tower"], snapshot.ColdFusion!.Model.Sources.Select(source => source.Name));
    }

    [Fact]
    public async Task Load_WithoutFusion_HasNone()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using Snapshot snapshot = loaded.Snapshot;

        Assert.Null(snapshot.Fusion);
        Assert.Null(loaded.Manifest.ModelCard);
    }

    [Theory]
    [InlineData(null, NeighbourWeights.Other)]
    [InlineData("confidence", NeighbourWeights.Confidence)]
    [InlineData("confidence_lift", NeighbourWeights.ConfidenceLift)]
    public async Task Load_OfRules_KnowsWhatTheirWeightsAre(string? rules, NeighbourWeights weights)
    {
        using WrittenBundle bundle = await CreateAsync();
        Edit(bundle, file => file["sources"]![3]!["rules"] = rules);

        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using Snapshot snapshot = loaded.Snapshot;

        Assert.Equal(weights, ((NeighbourSource)snapshot.Fusion!.Model.Sources[3]).Weights);
    }

    [Fact]
    public async Task Load_WithManyFaults_ReportsAllAtOnce()
    {
        using WrittenBundle bundle = await CreateAsync();
        Edit(bundle, file =>
        {
            file["weigths"] = 1;
            file["sources"]![0]!["decay"] = 0.5;
            file["sources"]![2]!["decay"] = 1.5;
            file["sources"]![3]!["combine"] = "median";
            file["sources"]![3]!["rules"] = "lift";
            file["sources"]![4]!["file"] = "factors.npy";
            file["sources"]![7]!["kind"] = "fame";
            file["sources"]![8]!["name"] = "tower";
            file["sources"]![9]!["ridge"] = 1;
            file["weights"]![1]!["sources"]!["unheard"] = 1;
            file["weights"]![2]!["events"] = null;
            file["clusters"]!["click_offsets"] = new JsonArray(1);
        });

        IReadOnlyList<string> reasons = await bundle.RefuseAsync(options: null);

        Assert.Contains(reasons, reason => reason.Contains("unknown field 'weigths'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[0]: 'decay' is nothing that the kind 'tower' reads", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[2]: A decay is above 0", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[3]: 'combine' is 'median'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[3]: 'rules' is 'lift'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[4].file: 'factors.npy' is no file", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[7]: 'kind' is 'fame'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[8]: 'name' is 'tower', as another", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("sources[9]: 'ridge' is nothing that the kind 'user_neighbours' reads", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("weights[1]: 'sources' has 'unheard'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("weights[2]: needs 'events'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("clusters: 1 offsets for 3 clusters", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3, "is no file of weighted lists")]
    [InlineData(8, "is of version")]
    [InlineData(13, "has a damaged header")]
    [InlineData(44, "has a damaged header")]
    [InlineData(60, "is damaged: its checksum")]
    [InlineData(-1, "is damaged: its checksum")]
    public async Task Load_WithADamagedByte_IsRefused(int place, string reason)
    {
        using WrittenBundle bundle = await CreateAsync();
        byte[] content = await File.ReadAllBytesAsync(bundle["neighbours_ease.bin"]);
        content[place < 0 ? content.Length + place : place] ^= 0x41;
        bundle.Replace("neighbours_ease.bin", content);

        await bundle.RefuseAsync(reason);
    }

    [Theory]
    [InlineData("neighbours", 5_000, "There are 1 to 1000 neighbours")]
    [InlineData("decay", 0, "A decay is above 0")]
    [InlineData("latest", -1, "At least the latest item counts")]
    [InlineData("rarity_power", 5, "The power of rarity is 0 to 4")]
    [InlineData("length_power", -1, "The power of lengths is 0 to 4")]
    public async Task Load_WithUserNeighboursOutOfRange_IsRefused(string field, int value, string reason)
    {
        using WrittenBundle bundle = await CreateAsync();
        Edit(bundle, file => file["sources"]![9]![field] = value);

        await bundle.RefuseAsync(reason);
    }

    [Fact]
    public async Task Load_WithADamagedListOfUsers_IsRefused()
    {
        using WrittenBundle bundle = await CreateAsync();
        byte[] content = await File.ReadAllBytesAsync(bundle["users_users.bin"]);
        bundle.Replace("users_users.bin", [.. content[..60], (byte)(content[60] ^ 1), .. content[61..]]);
        await bundle.RefuseAsync("is damaged: its checksum");
        bundle.Replace("users_users.bin", content[..^2]);
        await bundle.RefuseAsync("entries need");
        bundle.Replace("users_users.bin", WithRows(content, 2_000_000));
        await bundle.RefuseAsync("1 to 1000000 are possible");
        bundle.Replace("users_users.bin", WithRows(content, 0));
        await bundle.RefuseAsync("1 to 1000000 are possible");

        static byte[] WithRows(byte[] content, long rows)
        {
            byte[] changed = [.. content];
            BinaryPrimitives.WriteInt64LittleEndian(changed.AsSpan(16), rows);
            BinaryPrimitives.WriteUInt32LittleEndian(changed.AsSpan(44), Crc32C.Of(changed.AsSpan(0, 44)));
            return changed;
        }
    }

    [Fact]
    public async Task Load_WithACutFile_IsRefused()
    {
        using WrittenBundle bundle = await CreateAsync();
        byte[] content = await File.ReadAllBytesAsync(bundle["neighbours_ease.bin"]);
        bundle.Replace("neighbours_ease.bin", content[..^4]);
        await bundle.RefuseAsync("entries need");
        bundle.Replace("neighbours_ease.bin", content[..20]);
        await bundle.RefuseAsync("a header alone has 48");
    }

    [Theory]
    [InlineData(300_000_000, 2_400_000_012, "has 2400000060 bytes; a file of lists has at most 2147483591 behind its header")]
    [InlineData(600_000_000, 4_800_000_012, "has 4800000060 bytes; a file of lists has at most 2147483591 behind its header")]
    [InlineData(600_000_000, 12, "has 12 bytes behind its header; 600000000 entries need 4800000012")]
    [InlineData(long.MaxValue / 8, 4, "1152921504606846975 entries need 9223372036854775812")]
    public void Read_OfMoreThanOneArrayHolds_SaysHowMuchIsPossible(long entries, long bytes, string reason)
    {
        using var folder = new TemporaryFolder();
        WeightedListsFile.Write(folder["lists.bin"], new WeightedLists([0, 1, 1], [0], [0.1f], 2));
        using (FileStream file = File.Open(folder["lists.bin"], FileMode.Open))
        {
            byte[] header = new byte[WeightedListsFile.HeaderBytes];
            file.ReadExactly(header);
            BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), entries);
            BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(44), Crc32C.Of(header.AsSpan(0, 44)));
            file.Position = 0;
            file.Write(header);
            file.SetLength(header.Length + bytes); // nothing is written there
        }

        InvalidDataException refused = Assert.Throws<InvalidDataException>(() => WeightedListsFile.Read(folder["lists.bin"], 2, 2));

        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Load_WithListsOfAnotherCatalogue_IsRefused()
    {
        using WrittenBundle bundle = await CreateAsync();
        using var other = new SmallFusion(new SmallWorld(items: 30));
        using WrittenBundle others = await WrittenBundle.CreateAsync(other.AddTo(new SmallWorld(items: 30).Content()));
        bundle.Replace("neighbours_ease.bin", await File.ReadAllBytesAsync(others["neighbours_ease.bin"]));

        await bundle.RefuseAsync("has 30 rows of 30 columns; 20 of 20 are needed");
    }

    [Fact]
    public async Task Load_WithoutTheProfilesThatSourcesNeed_IsRefused()
    {
        using WrittenBundle bundle = await CreateAsync();
        bundle.EditManifest(manifest => manifest.Remove("profiles"));

        IReadOnlyList<string> reasons = await bundle.RefuseAsync(options: null);

        Assert.Contains(reasons, reason => reason.Contains("sources[5]: needs the clusters of 'profiles'", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Load_WithAModelCardThatIsNoObject_IsRefused()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest => manifest["model_card"] = "excellent");

        await bundle.RefuseAsync("'model_card' is no object");
    }

    [Fact]
    public async Task Write_OfAModelOverAnotherCatalogue_IsRefused()
    {
        using var folder = new TemporaryFolder();
        using var fusion = new SmallFusion(new SmallWorld(items: 30));
        BundleContent content = new SmallWorld(items: 20).Content() with { Fusion = fusion.Model };

        ArgumentException refused = await Assert.ThrowsAsync<ArgumentException>(() => BundleWriter.WriteAsync(folder["1"], content));

        Assert.Contains("scores 30 items", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Write_OfSourcesThatShareListsAndFactors_WritesAndReadsThemOnce()
    {
        var world = new SmallWorld();
        int items = world.ItemCount;
        var lists = new WeightedLists([0, .. Enumerable.Repeat(1, items)], [2], [0.5f], items);
        float[] factors = [.. Enumerable.Range(0, 2 * items).Select(i => (float)i)];
        using var model = new FusionModel(
        [
            new NeighbourSource("plain", lists), new NeighbourSource("fading", lists, decay: 0.5f),
            new FactorSource("first", factors, 2, new FactorOptions(0.1, 1)), new FactorSource("second", factors, 2, new FactorOptions(0.1, 2)),
        ]);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(world.Content() with { Fusion = model });
        Assert.Equal(
            ["factors_first.npy", "neighbours_plain.bin"],
            Directory.EnumerateFiles(bundle.Path).Select(file => Path.GetFileName(file)!).Where(file => file.StartsWith("factors_", StringComparison.Ordinal) || file.StartsWith("neighbours_", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using Snapshot snapshot = loaded.Snapshot;
        IReadOnlyList<ScoreSource> sources = snapshot.Fusion!.Model.Sources;
        Assert.Same(((NeighbourSource)sources[0]).Lists, ((NeighbourSource)sources[1]).Lists);
        Assert.Equal([6f, 7f], ((FactorSource)sources[3]).FactorOf(3).ToArray());
    }

    [Fact]
    public async Task Write_WithWeightsOfSixteenBits_TakesTwoBytesForEach()
    {
        using WrittenBundle bundle = await CreateAsync();
        using var fusion = new SmallFusion(new SmallWorld());
        WeightedLists rules = ((NeighbourSource)fusion.Model.Sources[3]).Lists, ease = ((NeighbourSource)fusion.Model.Sources[2]).Lists;

        Assert.Equal(48 + (4 * 21) + (6 * rules.Columns.Length), new FileInfo(bundle["neighbours_rules.bin"]).Length);
        Assert.Equal(48 + (4 * 21) + (8 * ease.Columns.Length), new FileInfo(bundle["neighbours_ease.bin"]).Length);
    }

    private static async Task<WrittenBundle> CreateAsync()
    {
        var world = new SmallWorld();
        using var fusion = new SmallFusion(world);
        return await WrittenBundle.CreateAsync(fusion.AddTo(world.Content()));
    }

    private static void Edit(WrittenBundle bundle, Action<JsonObject> edit)
    {
        JsonObject file = JsonNode.Parse(bundle.Read("fusion.json"))!.AsObject();
        edit(file);
        bundle.Replace("fusion.json", file.ToJsonString());
    }
}
