using System.Text.Json.Nodes;
using Inference.Towers;
using Inference.Towers.Bundles;
using Inference.Towers.Onnx;
using Inference.Vectors;
using Xunit;

namespace UnitTests.Towers;

/// <summary>Every way in which a bundle can be wrong, and what the refusal says.</summary>
public sealed class BundleRefusalTests
{
    public static TheoryData<string, string> ManifestFaults => new()
    {
        // The field with its new value as JSON (null removes it), and what is said.
        { "format_version=2", "'format_version' is 2; this server reads 1" },
        { "format_version", "'format_version' is missing" },
        { "name", "'name' is missing" },
        { "name=\"../evil\"", "'name' is '../evil'" },
        { "version=\"\"", "'version' is ''" },
        { "embedding_space_id=\"a b\"", "'embedding_space_id' is 'a b'" },
        { "parent_space_id=\"\"", "'parent_space_id' is ''" },
        { "dimension=0", "'dimension' is 0" },
        { "dimension", "'dimension' is missing" },
        { "metric=\"euclid\"", "'metric' is 'euclid'; it can be 'ip', 'cosine' or 'l2'" },
        { "colour=1", "unknown field 'colour'" },
        { "items", "'items' is missing" },
        { "items=\"../items.jsonl\"", "'items' is '../items.jsonl', which is not the plain name of a file" },
        { "items=\"/etc/passwd\"", "not the plain name" },
        { "items=\"a\\\\b\"", "not the plain name" },
        { "golden=\"items.jsonl\"", "'golden' and 'items' are the same file" },
        { "profiles=\"profiles.json\"", "profiles.json: is missing" },
        { "user_tower", "'user_tower' is missing" },
        { "item_tower", "'item_tower' and 'item_embeddings' are both missing" },
        { "user_tower.file", "'user_tower.file' is missing" },
        { "user_tower.max_batch=0", "'max_batch' is 0" },
        { "user_tower.inputs=[]", "'inputs' has 0 entries" },
        { "user_tower.inputs.0.name", "'name' is missing: the name of the graph's input" },
        { "user_tower.inputs.0.name=\"country\"", "'country' is fed twice" },
        { "user_tower.inputs.0.dtype=\"string\"", "'dtype' is 'string'; it can be 'float32'" },
        { "user_tower.inputs.0.shape=[]", "'shape' has 1 to 8 dimensions" },
        { "user_tower.inputs.0.encoder", "'encoder' is missing" },
        { "user_tower.inputs.0.extra=1", "unknown field 'extra'" },
        { "user_tower.inputs.0.encoder.extra=1", "unknown field 'extra'" },
        { "user_tower.inputs.0.encoder.type=\"spell\"", "unknown type 'spell'" },
        { "user_tower.history.max_length=0", "'max_length' is 0; it can be 1 to 10000" },
        { "user_tower.history.pad_side=\"top\"", "'pad_side' is 'top'" },
        { "item_tower.history={\"max_length\":5}", "'history' is for the user tower" },
        { "files.items.jsonl.sha256=\"00\"", "'sha256' is not 64 hexadecimal digits" },
        { "files.items.jsonl.bytes=1", "has 1" },
        { "files.../x={}", "is not the plain name" },
        { "dimension=\"8\"", "line 1, at $.dimension" },
    };

    [Theory]
    [MemberData(nameof(ManifestFaults))]
    public async Task LoadAsync_WithFaultyManifest_SaysWhatIsWrong(string edit, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest => Apply(manifest, edit));

        Assert.Contains(await bundle.RefuseAsync(), one => one.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // the space is derived from the towers, so the manifest alone does not show it
    public async Task LoadAsync_WhereTheParentIsTheBundlesOwnSpace_IsRefused(bool isNamed)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest =>
        {
            manifest["parent_space_id"] = (string)manifest["embedding_space_id"]!;
            if (!isNamed)
                manifest.Remove("embedding_space_id");
        });

        await bundle.RefuseAsync("which is the bundle's own space");
    }

    [Fact]
    public async Task LoadAsync_WithManyFaults_ReportsThemAll()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest =>
        {
            Apply(manifest, "name");
            Apply(manifest, "metric=\"x\"");
            Apply(manifest, "user_tower.inputs.0.encoder.type=\"x\"");
            Apply(manifest, "user_tower.inputs.1.dtype=\"x\"");
            Apply(manifest, "item_tower.inputs.0.encoder.unknown");
        });
        File.AppendAllText(bundle["items.jsonl"], " ");
        File.Delete(bundle["users.jsonl.gz"]);

        Assert.Equal(7, (await bundle.RefuseAsync()).Count);
    }

    [Fact]
    public async Task LoadAsync_WithFaultsInSeveralFiles_ReportsThemAll()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("golden.json", bundle.Read("golden.json").Replace("\"item-3\"", "\"item-99\"", StringComparison.Ordinal));
        bundle.Replace("users.jsonl.gz", bundle.Read("users.jsonl.gz") + "{\"id\":\"bob\"}\n{\"id\":\"\"}\n");
        bundle.EditManifest(manifest => Apply(manifest, "item_tower.output=\"vector\""));
        bundle.Add("profiles", "profiles.json", "{}"u8.ToArray());

        IReadOnlyList<string> reasons = await bundle.RefuseAsync();
        Assert.Contains(reasons, reason => reason.Contains("the graph has no output 'vector'; it has 'item_embedding'", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("users.jsonl.gz:3: the user 'bob' is there twice", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("users.jsonl.gz:4: 'id' has 0 characters", StringComparison.Ordinal));
        Assert.Contains(reasons, reason => reason.Contains("'clusters' has 0 entries", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithoutFolderOrManifest_SaysSo()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no such folder", Assert.Single((await Assert.ThrowsAsync<BundleException>(() => SmallWorld.LoadAsync(folder["x"]))).Reasons), StringComparison.Ordinal);
        Assert.Contains("manifest.json: is missing", Assert.Single((await Assert.ThrowsAsync<BundleException>(() => SmallWorld.LoadAsync(folder.Path))).Reasons), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "The input does not contain any JSON tokens")]
    [InlineData("{", "line 1")]
    [InlineData("[]", "line 1")]
    [InlineData("null", "is null")]
    public async Task LoadAsync_WithBrokenManifest_SaysWhere(string content, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        await File.WriteAllTextAsync(bundle["manifest.json"], content);
        await bundle.RefuseAsync(reason);
    }

    [Fact]
    public async Task LoadAsync_WithChangedFile_NamesBothHashes()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        byte[] model = await File.ReadAllBytesAsync(bundle["user_tower.onnx"]);
        model[^1] ^= 1;
        await File.WriteAllBytesAsync(bundle["user_tower.onnx"], model);

        await bundle.RefuseAsync("user_tower.onnx: has the SHA-256");
    }

    [Fact]
    public async Task LoadAsync_WithLinkOutOfTheFolder_RefusesIt()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        string outside = Path.Combine(Path.GetDirectoryName(bundle.Path)!, "outside.jsonl");
        File.Move(bundle["items.jsonl"], outside);
        File.CreateSymbolicLink(bundle["items.jsonl"], outside);

        await bundle.RefuseAsync("is a link to");
    }

    [Fact]
    public async Task LoadAsync_ThroughLinkedFolder_Loads()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        string link = bundle.Path + "-current";
        Directory.CreateSymbolicLink(link, bundle.Path);

        (await SmallWorld.LoadAsync(link)).Snapshot.Dispose();
    }

    [Fact]
    public async Task LoadAsync_WithoutHashes_WarnsUnlessTheyAreRequired()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest => manifest.Remove("files"));

        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        loaded.Snapshot.Dispose();
        Assert.Equal(5, loaded.Warnings.Count);
        IReadOnlyList<string> reasons = await bundle.RefuseAsync(new TowerOptions { RequireHashes = true });
        Assert.Equal(5, reasons.Count);
        Assert.All(reasons, reason => Assert.Contains("has no 'sha256'", reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("{\"id\":\"item-0\"}\n{\"id\":\"item-0\"}\n", "items.jsonl:2: the item 'item-0' is there already, in line 1")]
    [InlineData("{\"id\":\"\"}\n", "items.jsonl:1: 'id' has 0 characters")]
    [InlineData("{\"title\":\"x\"}\n", "missing required properties")]
    [InlineData("{\"id\":\"a\",\"features\":{\"x\":{}}}\n", "A feature is a string, a number, or a list of one of these")]
    [InlineData("{\"id\":\"a\",\"features\":{\"x\":[1,\"a\"]}}\n", "not both")]
    [InlineData("{\"id\":\"a\",\"features\":{\"x\":1e999}}\n", "out of range")]
    [InlineData("{\"id\":\"a\",\"price\":1}\n", "unknown field 'price'")]
    [InlineData("\n\n", "has no item")]
    [InlineData("{\"id\":\"a\"}\nnot json", "items.jsonl:2")]
    public async Task LoadAsync_WithFaultyItems_NamesTheLine(string items, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("items.jsonl", items);
        await bundle.RefuseAsync(reason);
    }

    [Fact]
    public async Task LoadAsync_WithEndlessLine_RefusesIt()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("users.jsonl.gz", "{\"id\":\"" + new string('a', 5 << 20) + "\"}\n");
        await bundle.RefuseAsync("users.jsonl.gz:1: is longer than");
    }

    [Fact]
    public async Task LoadAsync_WithDecompressionBomb_RefusesIt()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("users.jsonl.gz", string.Concat(Enumerable.Repeat(new string(' ', 1 << 20) + "\n", 48)));
        await bundle.RefuseAsync("far more than its size lets expect");
    }

    [Fact]
    public async Task LoadAsync_WithUsersThatAreNotPacked_RefusesThem()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("users.jsonl.gz", [0x1F, 0x8B, 1, 2, 3]);
        await bundle.RefuseAsync("users.jsonl.gz: cannot be unpacked");
    }

    [Fact]
    public async Task LoadAsync_WithUsersCutShort_RefusesThem()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        byte[] users = await File.ReadAllBytesAsync(bundle["users.jsonl.gz"]);
        bundle.Replace("users.jsonl.gz", users[..^9]);
        Assert.Contains(await bundle.RefuseAsync(), reason => reason.Contains("cut short", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithIdInputsMissing_SaysSo()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest => Apply(manifest, "user_tower.inputs.0.encoder.ids=\"id_input\""));
        await bundle.RefuseAsync("an encoder takes ids from 'id_input', but not every item has one");
    }

    [Theory]
    [InlineData("user_tower.inputs.0.dtype=\"int32\"", "'dtype' is 'int32', but the graph has 'int64'")]
    [InlineData("user_tower.inputs.0.shape=[-1,50]", "'shape' is [-1, 50], but the graph has [-1, -1]")]
    [InlineData("user_tower.inputs.2.name=\"land\"", "the graph has no input 'land'; it has 'history_ids', 'history_mask', 'country'")]
    [InlineData("user_tower.inputs.2.name=\"land\"", "the graph has an input 'country' (int64 [-1]) that the manifest does not feed")]
    [InlineData("user_tower.inputs.2.encoder={\"type\":\"history_ids\"}", "a history is [batch, history], but the graph has [-1]")]
    [InlineData("user_tower.inputs.2.encoder={\"type\":\"constant\",\"values\":[1,2]}", "'constant' writes 2 numbers per row, but the graph has [-1]")]
    [InlineData("user_tower.inputs.1.encoder={\"type\":\"number_list\",\"feature\":\"x\"}", "give 'length'")]
    [InlineData("user_tower.output=\"x\"", "the graph has no output 'x'; it has 'user_embedding'")]
    [InlineData("dimension=9", "an embedding is [batch, 9], but the graph has [-1, 8]")]
    public async Task LoadAsync_WithManifestThatDoesNotFitTheGraph_SaysHow(string edit, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest => Apply(manifest, edit));

        Assert.Contains(await bundle.RefuseAsync(), one => one.Contains(reason, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("no protobuf at all", "user_tower.onnx: is no ONNX model")]
    [InlineData("", "user_tower.onnx: is no ONNX model: it has no graph")]
    public async Task LoadAsync_WithSomethingElseThanAModel_SaysSo(string content, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("user_tower.onnx", content);
        await bundle.RefuseAsync(reason);
    }

    [Fact]
    public async Task LoadAsync_WithUnknownOperator_PassesOnWhatTheRuntimeSays()
    {
        var graph = new OnnxGraph("x");
        OnnxValue id = graph.Input("item_id", OnnxType.Int64, "batch");
        graph.Output("item_embedding", graph.Node("Summon", [id]), OnnxType.Float32, "batch", SmallWorld.Dimension);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("item_tower.onnx", graph.ToBytes());

        await bundle.RefuseAsync("Summon");
    }

    [Fact]
    public async Task LoadAsync_WithEmbeddingsOfAnotherShape_RefusesThem()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        NpyFile.Write(bundle["short.npy"], new float[19 * SmallWorld.Dimension], 19, SmallWorld.Dimension);
        bundle.Add("item_embeddings", "short.npy", await File.ReadAllBytesAsync(bundle["short.npy"]));
        await bundle.RefuseAsync("is a matrix of (19, 8); 20 items with 8 dimensions need (20, 8)");
    }

    [Fact]
    public async Task LoadAsync_WithNaNEmbeddings_RefusesThem()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var rows = new float[20 * SmallWorld.Dimension];
        rows[83] = float.NaN;
        NpyFile.Write(bundle["items.npy"], rows, 20, SmallWorld.Dimension);
        bundle.Add("item_embeddings", "items.npy", await File.ReadAllBytesAsync(bundle["items.npy"]));
        await bundle.RefuseAsync("Row 10 holds NaN at position 3");
    }

    [Fact]
    public async Task LoadAsync_WithEmbeddingsOfAnotherTraining_RefusesThem()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        var other = new SmallWorld(seed: 2);
        NpyFile.Write(bundle["items.npy"], Enumerable.Range(0, 20).SelectMany(other.ItemVector).ToArray(), 20, SmallWorld.Dimension);
        bundle.Add("item_embeddings", "items.npy", await File.ReadAllBytesAsync(bundle["items.npy"]));

        Assert.Contains(await bundle.RefuseAsync(), reason => reason.Contains("file and tower are not of the same training", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithItemThatTheTowerCannotEncode_NamesTheItem()
    {
        // The table of the item tower ends before the last item.
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("items.jsonl", bundle.Read("items.jsonl") + "{\"id\":\"one-too-many\"}\n");
        Assert.Contains("cannot encode the item 'one-too-many'", Assert.Single(await bundle.RefuseAsync()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task LoadAsync_WithOtherUserTower_FailsTheGoldenCases()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("user_tower.onnx", new SmallWorld(seed: 2).UserModel());

        IReadOnlyList<string> reasons = await bundle.RefuseAsync();
        for (int i = 0; i < 4; i++)
            Assert.Contains(reasons, reason => reason.StartsWith($"golden.json: cases[{i}]: the embedding differs by", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithOtherGoldenOrder_NamesTheRank()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        JsonObject golden = JsonNode.Parse(bundle.Read("golden.json"))!.AsObject();
        JsonArray top = golden["cases"]![1]!["top"]!.AsArray();
        JsonNode first = top[0]!;
        top.RemoveAt(0);
        top.Add(first);
        bundle.Replace("golden.json", golden.ToJsonString());

        await bundle.RefuseAsync("golden.json: cases[1]: rank 1 is");
    }

    [Theory]
    [InlineData("{}", "'cases' has 0 entries")]
    [InlineData("{\"cases\":[{}]}", "has neither 'embedding' nor 'top'")]
    [InlineData("{\"cases\":[{\"top\":[\"nobody\"]}]}", "'top' has 'nobody', which is no item of the bundle")]
    [InlineData("{\"cases\":[{\"history\":[\"nobody\"],\"top\":[]}]}", "'history' has 'nobody'")]
    [InlineData("{\"cases\":[{\"features\":{\"age\":3},\"top\":[]}]}", "the user tower reads no feature 'age'")]
    [InlineData("{\"cases\":[{\"features\":{\"country\":[1.5]},\"top\":[]}]}", "'country' is NumberList; the user tower reads Text or Integer")]
    [InlineData("{\"cases\":[{\"embedding\":[1]}]}", "'embedding' has 1 numbers; the dimension is 8")]
    [InlineData("{\"tolerance\":0,\"cases\":[{\"top\":[]}]}", "'tolerance' is 0")]
    public async Task LoadAsync_WithFaultyGoldenFile_SaysWhatIsWrong(string golden, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Replace("golden.json", golden);
        await bundle.RefuseAsync(reason);
    }

    [Theory]
    [InlineData("""{"clusters":[{"users":1,"centroid":[1],"rest_scale":1,"top_items":["item-0"],"top_rates":[0.5]}]}""", "'centroid' has 1 numbers; it has to have 8")]
    [InlineData("""{"clusters":[{"users":1,"centroid":[0,0,0,0,0,0,0,0],"rest_scale":1,"top_items":["x"],"top_rates":[0.5]}]}""", "'top_items' has 'x', which is no item")]
    [InlineData("""{"clusters":[{"users":1,"centroid":[0,0,0,0,0,0,0,0],"rest_scale":1,"top_items":["item-0"],"top_rates":[1.5]}]}""", "rates are in [0, 1]")]
    [InlineData("""{"clusters":[{"users":1,"centroid":[0,0,0,0,0,0,0,0],"rest_scale":-1,"top_items":["item-0"],"top_rates":[1]}]}""", "'rest_scale' is missing, negative or not finite")]
    [InlineData("""{"clusters":[{"users":1,"centroid":[0,0,0,0,0,0,0,0],"rest_scale":1,"top_items":["item-0"],"top_rates":[1]}],"context":{"country":{"Spain":[1,2]}}}""", "'Spain' has 2 numbers; it has to have one per cluster, 1")]
    public async Task LoadAsync_WithFaultyProfiles_SaysWhatIsWrong(string profiles, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.Add("profiles", "profiles.json", System.Text.Encoding.UTF8.GetBytes(profiles));
        await bundle.RefuseAsync(reason);
    }

    [Fact]
    public async Task LoadAsync_WhenCancelled_Stops()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        using var given = new CancellationTokenSource();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            BundleLoader.LoadAsync(bundle.Path, new TowerOptions(), null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance, null, null, given.Token));
    }

    [Fact]
    public void Validate_OfBadOptions_NamesThemAll()
    {
        var options = new TowerOptions { Providers = ["abacus"], DeviceId = -1, IntraOpThreads = -1, MaxBatch = 5000, ConcurrentRuns = 0, MaxQueuedRows = 0, LoadRunTimeout = TimeSpan.Zero };
        Assert.Equal(7, options.Validate().Count);
        Assert.Empty(new TowerOptions().Validate());
    }

    /// <summary>Sets or, without a value, removes a field, given as a path of names and places; a file's name is one step.</summary>
    private static void Apply(JsonObject manifest, string edit)
    {
        (string path, string? value) = edit.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? (edit[..at], edit[(at + 1)..]) : (edit, null);
        string[] steps = path.StartsWith("files.", StringComparison.Ordinal)
            ? path.EndsWith("jsonl.sha256", StringComparison.Ordinal) || path.EndsWith("jsonl.bytes", StringComparison.Ordinal)
                ? ["files", "items.jsonl", path[(path.LastIndexOf('.') + 1)..]]
                : ["files", path["files.".Length..]]
            : path.Split('.');
        JsonNode node = manifest;
        foreach (string step in steps[..^1])
            node = node is JsonArray array ? array[int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)]! : node[step]!;
        if (value is null)
            node.AsObject().Remove(steps[^1]);
        else
            node.AsObject()[steps[^1]] = JsonNode.Parse(value);
    }
}
