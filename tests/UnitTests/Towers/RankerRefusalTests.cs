using System.Text.Json.Nodes;
using Inference.Towers.Bundles;
using Inference.Towers.Onnx;
using Xunit;

namespace UnitTests.Towers;

/// <summary>Every way in which a bundle's ranking model can be wrong, and what the refusal says.</summary>
public sealed class RankerRefusalTests
{
    public static TheoryData<string, string> Faults => new()
    {
        { "file=null", "'ranker.file' is missing" },
        { "file=\"items.jsonl\"", "are the same file 'items.jsonl'" },
        { "file=\"nowhere.onnx\"", "nowhere.onnx: is missing" },
        { "output=\"embedding\"", "the graph has no output 'embedding'; it has 'score'" },
        { "column=1", "'column' is 1, but the graph has [-1, 1]" },
        { "column=-1", "'column' is -1; it can be 0 to" },
        { "colour=1", "unknown field 'colour'" },
        { "inputs.0.name=\"land\"", "the graph has no input 'land'" },
        { "inputs.0.name=\"land\" ", "the graph has an input 'country' (int64 [-1]) that the manifest does not feed" },
        { "inputs.0.encoder.of=\"shop\"", "'of' is 'shop'; it can be 'user', 'item'" },
        { "inputs.1.encoder.of=\"item\"", "an item has no history" },
        { "inputs.4.encoder.of=\"item\"", "'of' belongs to each of the columns" },
        { "inputs.4.encoder.columns.0.of=\"item\"", "'of' has no meaning here" },
        { "inputs.4.encoder.columns.0.of=\"user\"", "'of' has no meaning here" },
        { "inputs.4.encoder.columns.0.value=\"luck\"", "'value' is 'luck'; it can be 'retrieval_score', 'retrieval_rank'" },
        { "inputs.4.encoder.columns.0=null", "'encoder.columns[0]" },
        { "history=null", "the tower has no 'history' with a 'max_length'" },
        { "inputs.3.encoder.unknown=null", "'unknown' is missing" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task LoadAsync_WithAFaultyRanker_SaysWhatIsWrong(string edit, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallRanker().AddTo(new SmallWorld().Content()));
        bundle.EditManifest(manifest => Apply(manifest["ranker"]!, edit.Trim()));

        Assert.Contains(await bundle.RefuseAsync(), one => one.Contains(reason.TrimStart('\''), StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithSeveralFaults_NamesThemAllAtOnce()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallRanker().AddTo(new SmallWorld().Content()));
        bundle.EditManifest(manifest =>
        {
            Apply(manifest["ranker"]!, "inputs.4.encoder.columns.0.value=\"luck\"");
            Apply(manifest["ranker"]!, "inputs.3.encoder.unknown=null");
            Apply(manifest["ranker"]!, "history.max_length=0");
            Apply(manifest["user_tower"]!, "inputs.2.encoder.of=\"item\"");
        });

        IReadOnlyList<string> reasons = await bundle.RefuseAsync();

        foreach (string reason in (string[])["'value' is 'luck'", "'unknown' is missing", "'max_length' is 0", "'of' is for ranking models"])
            Assert.Contains(reasons, one => one.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithSeveralColumnsAndNoneNamed_AsksWhich()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallRanker().AddTo(new SmallWorld().Content()));
        bundle.Replace(BundleFiles.Ranker, new SmallRanker().Model(columns: 2));

        Assert.Contains(await bundle.RefuseAsync(), one => one.Contains("'column' has to say which of the 2 columns is the score", StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithEncodersOfPairsInATower_SaysThatItSeesOneSide()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync();
        bundle.EditManifest(manifest => manifest["user_tower"]!["inputs"]![2]!["encoder"] = JsonNode.Parse("""{ "type": "cross", "value": "popularity" }"""));

        await bundle.RefuseAsync("a number of user and item together is for ranking models; a tower sees one side only");
    }

    [Fact]
    public async Task LoadAsync_WithAnotherRanker_FailsItsGoldenCases()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallRanker().AddTo(new SmallWorld().Content()));
        bundle.Replace(BundleFiles.Ranker, new SmallRanker(seed: 12).Model());

        Assert.Contains(await bundle.RefuseAsync(), one => one.Contains("golden.json: ranker[0]: the score of 'item-3' differs by", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("\"items\":[\"item-3\",\"nothing\"]", "'items' has 'nothing', which is no item of the bundle")]
    [InlineData("\"items\":[\"item-3\"]", "'scores' has 2 numbers for 1 items")]
    [InlineData("\"cross\":{\"luck\":[1,2]}", "'cross' has 'luck'")]
    [InlineData("\"cross\":{\"popularity\":[1]}", "'cross.popularity' has 1 numbers for 2 items")]
    [InlineData("\"features\":{\"age\":3}", "the ranker reads no feature 'age' of users")]
    [InlineData("\"features\":{\"country\":3.5}", "the feature 'country' is Number")]
    public async Task LoadAsync_WithFaultyGoldenCases_SaysWhatIsWrong(string field, string reason)
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallRanker().AddTo(new SmallWorld().Content()));
        JsonNode golden = JsonNode.Parse(bundle.Read(BundleFiles.Golden))!;
        JsonObject changed = JsonNode.Parse($"{{{field}}}")!.AsObject();
        foreach ((string name, JsonNode? value) in changed)
            golden["ranker"]![0]![name] = value!.DeepClone();
        bundle.Replace(BundleFiles.Golden, golden.ToJsonString());

        Assert.Contains(await bundle.RefuseAsync(), one => one.Contains(reason, StringComparison.Ordinal));
    }

    [Fact]
    public async Task LoadAsync_WithGoldenCasesButNoRanker_SaysSo()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallRanker().AddTo(new SmallWorld().Content()) with { Ranker = null });

        await bundle.RefuseAsync("'ranker' has cases, but the bundle has no ranking model");
    }

    [Fact]
    public async Task LoadAsync_WithACorruptRanker_SaysThatItsHashIsAnother()
    {
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(new SmallRanker().AddTo(new SmallWorld().Content()));
        byte[] content = File.ReadAllBytes(bundle[BundleFiles.Ranker]);
        content[^1] ^= 1;
        File.WriteAllBytes(bundle[BundleFiles.Ranker], content);

        Assert.Contains(await bundle.RefuseAsync(), one => one.StartsWith("ranker.onnx", StringComparison.Ordinal) && one.Contains("SHA-256", StringComparison.Ordinal));
    }

    private static void Apply(JsonNode root, string edit)
    {
        (string path, string value) = edit.Split('=', 2) is [var left, var right] ? (left, right) : (edit, "null");
        string[] steps = path.Split('.');
        JsonNode node = root;
        foreach (string step in steps[..^1])
            node = int.TryParse(step, out int place) ? node[place]! : node[step]!;
        if (node is JsonArray array)
            array[int.Parse(steps[^1], System.Globalization.CultureInfo.InvariantCulture)] = JsonNode.Parse(value);
        else if (value == "null")
            node.AsObject().Remove(steps[^1]);
        else
            node[steps[^1]] = JsonNode.Parse(value);
    }
}
