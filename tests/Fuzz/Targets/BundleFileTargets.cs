using System.IO.Compression;
using System.Text;
using System.Text.Json;
using Fuzz.Engine;
using Inference.Recommendations.Snapshots;
using Inference.Recommendations.Users;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Inference.Towers.Onnx;
using UnitTests.Towers;

namespace Fuzz.Targets;

/// <summary>manifest.json: what is read, written and read again is the same.</summary>
internal sealed class ManifestTarget : FileTarget
{
    public override string Name => "bundle-manifest";

    public override (long PerByte, long Free) MostAllocated => (2_048, 2 << 20);

    public override IReadOnlyList<string> Tokens =>
    [
        "null", "-1", "0", "1e400", "9223372036854775808", "2147483648", "true", "\"\"", "[]", "{}", "[[[[", "\"\\u0000\"", "\"..\"", "\"../x\"", "[null]", "{\"type\":\"columns\",\"columns\":[null]}", "1.5", "\"history_ids\"", "\"item_id\"",
        "\"number_list\"", "\"cross\"", "\"of\":\"item\"", "{\"type\":\"cross\",\"value\":\"cosine\",\"of\":\"item\"}", "\"hashed_tokens\"", "\"shape\":[-1,0,2147483647]",
    ];

    public override IEnumerable<byte[]> Seeds() => [WrittenFiles.All[BundleManifest.FileName]];

    public override bool Read(byte[] input)
    {
        Put(BundleManifest.FileName, input);
        var problems = new BundleProblems();
        BundleManifest? manifest = ManifestReader.Read(Folder, problems);
        if (manifest is null)
            return Settle(problems, isTaken: false);
        CheckedManifest? whole = ManifestCheck.Check(manifest, problems);
        FuzzException.Unless(whole is not null || problems.Any, "a manifest is neither taken nor refused");
        if (problems.Any)
            return Settle(problems, isTaken: false);
        string written = JsonSerializer.Serialize(manifest, BundleJson.Default.BundleManifest);
        FuzzException.Unless(JsonSerializer.Serialize(JsonSerializer.Deserialize(written, BundleJson.Default.BundleManifest), BundleJson.Default.BundleManifest) == written, "a manifest that was written is another one");
        return true;
    }
}

/// <summary>items.jsonl: all that was read can be had back.</summary>
internal sealed class ItemLinesTarget : FileTarget
{
    public override string Name => "bundle-items";

    public override (long PerByte, long Free) MostAllocated => (2_048, 2 << 20);

    public override IReadOnlyList<string> Tokens => ["null", "[]", "{}", "\"id\":", "\"title\":", "\"features\":", "\"attributes\":", "\"input_id\":", "1e400", "-0", "[1,2]", "[\"a\",1]", "[1.5,null]", "\"\\ud800\"", "\n", "{\"id\":\"x\"}\n", "\"a\":9223372036854775807"];

    public override IEnumerable<byte[]> Seeds() =>
    [
        WrittenFiles.All["items.jsonl"],
        """
        {"id":"a","title":"A\nB","features":{"n":1,"r":2.5,"t":"x","ts":["a","b"],"ns":[1,2],"rs":[1.5,2]},"attributes":{"brand":"x","tags":["p","q"],"year":2026}}
        {"id":"b"}

        """u8.ToArray(),
    ];

    public override bool Read(byte[] input)
    {
        var problems = new BundleProblems();
        Catalogue? catalogue = CatalogueReader.Read(PutChecked("items.jsonl", input), problems, default);
        using ItemCatalogue? items = catalogue?.Items;
        for (int row = 0; row < items?.Count; row++)
        {
            FuzzException.Unless(items.TryGetRow(items.IdOf(row), out int found) && found == row, "an item is not where it is");
            ItemContent content = items.ContentOf(row);
            FuzzException.Unless(content.Title == items.TitleOf(row) && content.Attributes.All(one => items.TryGetAttribute(row, one.Key, out _)) && content.Features.All(one => items.TryGetFeature(row, one.Key, out _)), "the content of an item is not what it is");
        }

        return Settle(problems, catalogue is not null);
    }
}

/// <summary>users.jsonl, plain or packed: all users that were read can be had back.</summary>
internal sealed class UserLinesTarget(bool isPacked) : FileTarget
{
    private readonly Lazy<ItemCatalogue> _items = new(static () => Catalogue.Of(WrittenFiles.World.Content().Items).Items);

    public override string Name => isPacked ? "bundle-users-gz" : "bundle-users";

    public override (long PerByte, long Free) MostAllocated => isPacked ? (64 << 10, 4 << 20) : (2_048, 2 << 20);

    public override IReadOnlyList<string> Tokens => isPacked ? [] : ["null", "[]", "{}", "\"id\":", "\"history\":", "\"features\":", "[\"\"]", "[\"item-1\",\"nowhere\",\"item-2\"]", "\"\\ud800\"", "\n", "1e400", "{\"id\":\"x\"}\n"];

    public override IEnumerable<byte[]> Seeds()
    {
        byte[] packed = WrittenFiles.All["users.jsonl.gz"];
        if (isPacked)
        {
            yield return packed;
            yield break;
        }

        using var gzip = new GZipStream(new MemoryStream(packed), CompressionMode.Decompress);
        using var plain = new MemoryStream();
        gzip.CopyTo(plain);
        yield return plain.ToArray();
    }

    public override bool Read(byte[] input)
    {
        var problems = new BundleProblems();
        StoredUsers users = UsersReader.Read(PutChecked(isPacked ? "users.jsonl.gz" : "users.jsonl", input), _items.Value, problems, default);
        int count = 0;
        foreach ((string id, UserState state) in users)
        {
            FuzzException.Unless(users.TryGetValue(id, out UserState? found) && found.History.SequenceEqual(state.History) && found.Features.Count == state.Features.Count, "a user is not who it is");
            count++;
        }

        FuzzException.Unless(count == users.Count, "users are counted wrong");
        return Settle(problems, !problems.Any);
    }
}

/// <summary>profiles.json.</summary>
internal sealed class ProfilesTarget : FileTarget
{
    private readonly Lazy<ItemCatalogue> _items = new(static () => Catalogue.Of(WrittenFiles.World.Content().Items).Items);

    public override string Name => "bundle-profiles";

    public override (long PerByte, long Free) MostAllocated => (2_048, 2 << 20);

    public override IReadOnlyList<string> Tokens => ["null", "-1", "1e39", "1e400", "[]", "{}", "[null]", "\"users\":", "\"centroid\":", "\"top_items\":", "\"top_rates\":", "\"item-1\"", "\"context\":{\"x\":null}", "\"rest_scale\":"];

    public override IEnumerable<byte[]> Seeds() => [WrittenFiles.All["profiles.json"]];

    public override bool Read(byte[] input)
    {
        var problems = new BundleProblems();
        ClusterProfiles? profiles = ProfilesReader.Read(PutChecked("profiles.json", input), _items.Value, SmallWorld.Dimension, problems);
        return Settle(problems, profiles is not null);
    }
}

/// <summary>The walk through an .onnx file for the files that it takes weights from.</summary>
internal sealed class OnnxWeightsTarget : FuzzTarget
{
    public override string Name => "onnx-weights";

    public override int TestCases => 5_000;

    public override IReadOnlyList<string> Tokens => ["location", "\u000a\u0008location\u0012\u0005a.bin", "\u0070\u0001", "\u003a", "../x"];

    public override IEnumerable<byte[]> Seeds() => [WrittenFiles.World.UserModel(), WrittenFiles.World.ItemModel(), new SmallRanker().Model()];

    public override bool Read(byte[] input)
    {
        try
        {
            IReadOnlySet<string> names = ExternalWeights.Find(input, out _);
            FuzzException.Unless(names.Sum(name => Encoding.UTF8.GetByteCount(name)) <= (3 * input.Length) + 3, "there are more names than bytes");
            return true;
        }
        catch (InvalidDataException)
        {
            return false;
        }
    }
}
