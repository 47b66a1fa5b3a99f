using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Manifests;
using Xunit;

namespace UnitTests.Towers.Encoders;

public sealed class EncoderSpecTests
{
    [Theory]
    [InlineData("""{ "type": "vocabulary", "feature": "x" }""", "'values' is missing", "'unknown' is missing")]
    [InlineData("""{ "type": "vocabulary", "values": ["a", "a"], "unknown": 0 }""", "'feature' is missing", "'a' twice")]
    [InlineData("""{ "type": "integer", "feature": "x", "min": 5, "max": 1 }""", "'min' 5 is greater than 'max' 1")]
    [InlineData("""{ "type": "integer", "feature": "x" }""", "'min' and 'max' are required")]
    [InlineData("""{ "type": "buckets", "feature": "x", "boundaries": [1, 1], "side": "up", "one_hot": true, "first_id": 1 }""", "ascending", "'side' is 'up'", "'first_id' and 'missing'")]
    [InlineData("""{ "type": "hashed_tokens", "feature": "x", "length": 0 }""", "'buckets' is missing", "'length' is 0")]
    [InlineData("""{ "type": "hashed_tokens", "feature": "x", "buckets": 5, "prefix": {} }""", "a user has not", "'prefix.item_id_characters' is missing")]
    [InlineData("""{ "type": "history_ids", "ids": "rank" }""", "'ids' is 'rank'")]
    [InlineData("""{ "type": "history_mask", "real": 0 }""", "the mask would say nothing")]
    [InlineData("""{ "type": "item_id" }""", "belongs to the item tower", "'unknown' is missing")]
    [InlineData("""{ "type": "integer_list", "feature": "x", "keep": "some" }""", "'keep' is 'some'", "'min' and 'max' are required")]
    [InlineData("""{ "type": "columns" }""", "'columns' is missing")]
    [InlineData("""{ "type": "columns", "columns": [{ "type": "number_list", "feature": "x" }, { "type": "history_mask" }] }""", "needs a length of its own", "cannot be a column")]
    [InlineData("""{ "type": "columns", "columns": [{ "type": "number", "feature": "x", "scael": 2 }] }""", "unknown field 'scael'")]
    [InlineData("""{ "type": "constant", "values": [] }""", "'values' is missing or empty")]
    [InlineData("""{ "type": "magic" }""", "unknown type 'magic'; it can be 'history_ids'")]
    [InlineData("""{ "feature": "x" }""", "must be an object with a 'type'")]
    [InlineData("""["vocabulary"]""", "must be an object with a 'type'")]
    [InlineData("""{ "type": "integer", "feature": "x", "min": "low", "max": 3 }""", "'integer' has a value of the wrong kind at $.min")]
    public void Check_WithFaultySpec_NamesEveryFault(string json, params string[] expected)
    {
        IReadOnlyList<string> faults = Check(json);
        Assert.Equal(expected.Length, faults.Count);
        foreach (string part in expected)
            Assert.Contains(faults, fault => fault.Contains(part, StringComparison.Ordinal));
        Assert.All(faults, fault => Assert.StartsWith("here", fault, StringComparison.Ordinal));
    }

    [Fact]
    public void Check_WithFeatureReadInTwoWays_AcceptsWhatBothUnderstand()
    {
        var problems = new BundleProblems();
        var features = new FeatureDeclarations();
        var check = new SpecCheck(problems, "here", true, null, features);
        new VocabularySpec { Feature = "hour", Values = ["1"], Unknown = 0 }.Check(check);
        new NumberSpec { Feature = "hour" }.Check(check);

        Assert.False(problems.Any);
        FeatureSchema schema = features.ToSchema();
        Assert.True(schema.Accepts("hour", FeatureKind.Integer));
        Assert.False(schema.Accepts("hour", FeatureKind.Text));
        Assert.False(schema.Accepts("hour", FeatureKind.Number));
    }

    [Fact]
    public void Check_WithFeatureReadInContradictingWays_IsAFault()
    {
        var problems = new BundleProblems();
        var check = new SpecCheck(problems, "here", true, null, new FeatureDeclarations());
        new NumberListSpec { Feature = "x" }.Check(check);
        new NumberSpec { Feature = "x" }.Check(check);

        Assert.Equal(1, problems.Count);
    }

    [Fact]
    public void Write_OfEveryEncoder_IsReadBackAsItWas()
    {
        EncoderSpec[] specs =
        [
            new HistoryIdsSpec { Ids = "id_input", Offset = 1, Pad = 2 },
            new HistoryMaskSpec { Real = 0, Pad = 1 },
            new HistoryLengthSpec { Min = 1 },
            new ItemIdSpec { Ids = "row", Offset = 3, Unknown = 0 },
            new VocabularySpec { Feature = "f", Values = ["a", "ü"], FirstId = 1, Unknown = 9, Missing = 0 },
            new IntegerSpec { Feature = "f", Min = -1, Max = 1, Offset = 2, Missing = 3 },
            new NumberSpec { Feature = "f", Scale = 0.1, Offset = -2, Missing = 1e-9 },
            new BucketsSpec { Feature = "f", Boundaries = [0.1, 0.2], Side = "right", OneHot = false, FirstId = 1, Missing = 0 },
            new MultiHotSpec { Feature = "f", Values = ["a"] },
            new HashedTokensSpec { Feature = "f", Buckets = 5, Length = 3, FirstId = 1, Pad = 0, Prefix = new PrefixTokenSpec { Text = "c", ItemIdCharacters = 3 } },
            new IntegerListSpec { Feature = "f", Length = 2, Keep = "last", Pad = 1, Min = 0, Max = 5 },
            new NumberListSpec { Feature = "f", Length = 2, Missing = 0.5 },
            new ColumnsSpec { Columns = [new NumberSpec { Feature = "g" }, new ConstantSpec { Values = [1] }] },
            new ConstantSpec { Values = [1, 2.5] },
        ];
        foreach (EncoderSpec spec in specs)
        {
            string json = JsonSerializer.Serialize(Input(spec), BundleJson.Default.InputManifest);
            string again = JsonSerializer.Serialize(JsonSerializer.Deserialize(json, BundleJson.Default.InputManifest)!, BundleJson.Default.InputManifest);
            Assert.Equal(json, again);
            Assert.Contains($"\"type\":\"{EncoderSpecConverter.NameOf(spec)}\"", json, StringComparison.Ordinal);
            Assert.Equal(spec.GetType(), JsonSerializer.Deserialize(json, BundleJson.Default.InputManifest)!.Encoder!.GetType());
            // Every field that was set is written: a record without them would be shorter.
            Assert.True(json.Length > 40, json);
        }
    }

    private static InputManifest Input(EncoderSpec spec) => new() { Name = "input", Encoder = spec };

    private static IReadOnlyList<string> Check(string json)
    {
        var problems = new BundleProblems();
        InputManifest input = JsonSerializer.Deserialize($$"""{ "name": "input", "encoder": {{json}} }""", BundleJson.Default.InputManifest)!;
        input.Encoder!.Check(new SpecCheck(problems, "here", OfUsers: true, new HistoryManifest { MaxLength = 5 }, new FeatureDeclarations()));
        var refused = Assert.Throws<BundleException>(() => problems.ThrowIfAny("x"));
        return refused.Reasons;
    }
}
