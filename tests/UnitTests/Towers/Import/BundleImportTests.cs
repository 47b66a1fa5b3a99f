using System.IO.Compression;
using System.Text;
using Inference.Recommendations.Features;
using Inference.Towers.Bundles;
using Inference.Towers.Encoders;
using Inference.Towers.Import;
using Inference.Towers.Onnx;
using UnitTests.Towers.Runtime;
using Xunit;

namespace UnitTests.Towers.Import;

/// <summary>Another exporter's folder, by a description of its own.</summary>
public sealed class BundleImportTests
{
    private const string Description = """
        {
          "name": "shop", "dimension": 8, "metric": "ip",
          "user_tower": {
            "file": "user_tower.onnx", "history": { "max_length": 10 },
            "inputs": [
              { "name": "history_ids", "dtype": "int64", "encoder": { "type": "history_ids", "ids": "id_input" } },
              { "name": "history_mask", "dtype": "float32", "encoder": { "type": "history_mask" } },
              { "name": "country", "dtype": "int64",
                "encoder": { "type": "vocabulary", "feature": "country", "values": ["France", "Spain", "Italy"], "first_id": 1, "unknown": 4, "missing": 0 } }
            ]
          },
          "item_tower": {
            "file": "item_tower.onnx",
            "inputs": [{ "name": "item_id", "dtype": "int64", "encoder": { "type": "item_id", "ids": "id_input", "unknown": 0 } }]
          },
          "items": {
            "table": "items.csv", "id": "sku", "id_input": "input", "role": "part", "served": ["known"], "cold": ["new"],
            "features": [{ "feature": "tags", "column": "tags", "kind": "integer_list" }],
            "data": { "table": "goods.csv.gz", "id": "sku", "title": "name", "features": [{ "feature": "price", "column": "price", "kind": "number" }] }
          },
          "users": {
            "table": "people.csv", "id": "who",
            "features": [
              { "feature": "country", "column": "land", "kind": "text" },
              { "feature": "hour", "column": "since", "kind": "hour" },
              { "feature": "weekday", "column": "since", "kind": "weekday" }
            ],
            "events": [
              { "table": "absent.csv", "user": "who", "item": "sku", "order": "at" },
              { "table": "clicks.csv", "user": "who", "item": "sku", "order": "at" }
            ]
          },
          "golden": { "file": "golden.json", "cases": "list", "history_rows": "rows", "inputs": { "country": "land" }, "embedding": "vector" }
        }
        """;

    [Fact]
    public async Task ReadAsync_WithAnotherExportersFolder_MakesABundleThatLoads()
    {
        using Export export = await Export.CreateAsync();
        BundleContent content = await BundleImport.ReadAsync(export.Options);

        Assert.Equal(["a", "b", "d"], content.Items.Select(item => item.Id));
        Assert.Equal([1L, 2L, 4L], content.Items.Select(item => item.IdInput!.Value));
        Assert.Equal("Tea, \"green\"", content.Items[0].Title);
        Assert.Null(content.Items[1].Title);
        Assert.Equal((2.5, 1L), (content.Items[0].Features!["price"].Number, content.Items[0].Features!["tags"].IntegerList[1]));
        Assert.Equal(["eve", "bob"], content.Users.Select(user => user.Id));
        // By time, each item once.
        Assert.Equal(["b", "a", "zzz"], content.Users[1].History);
        // 1291213920 is Wednesday, 1 December 2010, 14:32 UTC.
        Assert.Equal((14, 2), (content.Users[0].Features!["hour"].Integer, content.Users[0].Features!["weekday"].Integer));
        Assert.False(content.Users[1].Features!.ContainsKey("country"));
        using var folder = new TemporaryFolder();
        await BundleWriter.WriteAsync(folder["1"], content);
        LoadedBundle loaded = await SmallWorld.LoadAsync(folder["1"]);
        loaded.Snapshot.Dispose();
        Assert.Equal(3, loaded.GoldenCases);
    }

    [Fact]
    public async Task ReadAsync_WithARanker_TakesItWithItsCases()
    {
        using Export export = await Export.CreateAsync();
        var graph = new OnnxGraph("ranker");
        OnnxValue x = graph.Input("input", OnnxType.Float32, "batch", 2);
        graph.Output("probabilities", graph.Concat(1, x, graph.Multiply(x, graph.Constant("two", [2f], 1))), OnnxType.Float32, "batch", 4);
        export.WriteBytes("ranker.onnx", graph.ToBytes());
        export.Replace("import.json", "\"items\": {", """
            "ranker": {
              "file": "ranker.onnx", "output": "probabilities", "column": 2,
              "inputs": [{ "name": "input", "encoder": { "type": "columns", "columns": [
                { "type": "cross", "value": "popularity" }, { "type": "number", "of": "item", "feature": "price", "missing": -1 } ] } }]
            },
            "ranker_golden": "ranker_cases.json",
            "items": {
            """);
        export.Write("ranker_cases.json", """[{ "items": ["a", "d"], "cross": { "popularity": [0.5, null] }, "scores": [1, 0] }]""");

        BundleContent content = await BundleImport.ReadAsync(export.Options);
        using WrittenBundle bundle = await WrittenBundle.CreateAsync(content);
        LoadedBundle loaded = await SmallWorld.LoadAsync(bundle.Path);
        using var snapshot = loaded.Snapshot;

        Assert.Equal(3 + 1, loaded.GoldenCases);
        Assert.Equal(["price"], snapshot.Ranker!.ItemFeatures.Names);
    }

    [Fact]
    public async Task ReadAsync_WithColdItems_ServesThemToo()
    {
        using Export export = await Export.CreateAsync();
        BundleContent content = await BundleImport.ReadAsync(export.Options with { IncludeColdItems = true, Data = null });
        Assert.Equal(["a", "b", "c", "d"], content.Items.Select(item => item.Id));
        Assert.Empty(content.Users);
    }

    [Theory]
    [InlineData("items.csv", "a,1,known", "a,one,known", "items.csv, line 2: column 'input' has 'one', which is no whole number")]
    [InlineData("items.csv", "sku,input", "id,input", "there is no column 'sku'; there are id, input")]
    [InlineData("items.csv", "0|1", "0|x", "column 'tags' has '0|x', which is no integer_list")]
    [InlineData("clicks.csv", "bob,b,1", "bob,b,early", "column 'at' has 'early', which is no number")]
    [InlineData("people.csv", "bob,,0", "rob,,0", "1 users have events but no line, for example 'bob'")]
    [InlineData("golden.json", "\"rows\"", "\"lines\"", "golden.json: is not as the description says")]
    [InlineData("golden.json", "[4]", "[9]", "no features encode to [9]; the nearest give [0]")]
    [InlineData("golden.json", "[0, 3]", "[0, 77]", "golden.json: is not as the description says")]
    [InlineData("import.json", "\"metric\": \"ip\"", "\"metric\": \"near\"", "'metric' is 'near'")]
    [InlineData("import.json", "\"dimension\": 8", "\"dimension\": \"x\"", "line 2, at $.dimension")]
    [InlineData("import.json", "\"title\": \"name\"", "\"titel\": \"name\"", "'titel' could not be mapped")]
    [InlineData("import.json", "\"table\": \"items.csv\"", "\"table\": null", "doesn't allow null values")]
    [InlineData("import.json", "\"kind\": \"hour\"", "\"kind\": \"minute\"", "'kind' is 'minute'")]
    public async Task ReadAsync_WithFaultyFile_SaysWhereAndWhat(string file, string old, string now, string reason)
    {
        using Export export = await Export.CreateAsync();
        export.Replace(file, old, now);
        Assert.Contains(reason, (await Assert.ThrowsAsync<InvalidDataException>(() => BundleImport.ReadAsync(export.Options))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_WithNaturalFeaturesThatEncodeOtherwise_NamesItemAndInput()
    {
        using Export export = await Export.CreateAsync();
        export.Replace("import.json", "\"encoder\": { \"type\": \"item_id\", \"ids\": \"id_input\", \"unknown\": 0 } }]", """
            "encoder": { "type": "item_id", "ids": "id_input", "unknown": 0 } },
            { "name": "band", "dtype": "float32", "encoder": { "type": "buckets", "feature": "band", "boundaries": [3], "one_hot": true } }]
            """);
        export.Replace("import.json", "\"feature\": \"tags\"", "\"feature\": \"band\"");
        export.Replace("import.json", "\"feature\": \"price\"", "\"feature\": \"band\"");
        string message = (await Assert.ThrowsAsync<InvalidDataException>(() => BundleImport.ReadAsync(export.Options))).Message;
        Assert.Contains("the item 'a' of the data folder does not fit the export: the input 'band' is not what the exporter computed", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_WithUnknownEncoder_NamesIt()
    {
        using Export export = await Export.CreateAsync();
        export.Replace("import.json", "\"type\": \"history_mask\"", "\"type\": \"mask\"");
        Assert.Contains("unknown type 'mask'", Assert.Single((await Assert.ThrowsAsync<BundleException>(() => BundleImport.ReadAsync(export.Options))).Reasons), StringComparison.Ordinal);
    }

    [Fact]
    public async Task ReadAsync_WithoutDescription_Throws() =>
        await Assert.ThrowsAsync<FileNotFoundException>(() => BundleImport.ReadAsync(new BundleImportOptions { Towers = ".", Description = "nowhere.json" }));

    [Fact]
    public void Decode_OfEveryEncodableValue_EncodesBackToIt()
    {
        var spec = new ColumnsSpec
        {
            Columns =
            [
                new VocabularySpec { Feature = "a", Values = ["?", "x"], FirstId = 2, Unknown = 1, Missing = 0 },
                new BucketsSpec { Feature = "b", Boundaries = [0.5, 1, 7], Side = "left", FirstId = 1 },
                new BucketsSpec { Feature = "c", Boundaries = [10, 12], Side = "right", FirstId = 1 },
                new IntegerSpec { Feature = "d", Min = 0, Max = 6, Offset = 1 },
            ],
        };
        for (long a = 0; a <= 3; a++)
        {
            for (long other = 0; other <= 3; other++)
            {
                // Throws unless the features that it finds encode back.
                EncoderInverse.Decode(spec, [a, other, other, other], []);
            }
        }

        Assert.Throws<InvalidOperationException>(() => EncoderInverse.Decode(spec, [4, 0, 0, 0], []));
        Assert.Throws<InvalidOperationException>(() => EncoderInverse.Decode(spec, [0, 0, 0, 8], []));
        Assert.Throws<InvalidOperationException>(() => EncoderInverse.Decode(spec, [0, 0], []));
        Assert.Throws<InvalidOperationException>(() => EncoderInverse.Decode(new NumberSpec { Feature = "x" }, [0], []));
    }

    /// <summary>The files of an exporter that is not ours: a small world's towers, four items of which one is new.</summary>
    private sealed class Export : IDisposable
    {
        private readonly TemporaryFolder _folder = new();

        public BundleImportOptions Options => new() { Towers = _folder.Path, Data = _folder.Path, Description = _folder["import.json"] };

        public static async Task<Export> CreateAsync()
        {
            var export = new Export();
            var world = new SmallWorld();
            await File.WriteAllBytesAsync(export._folder["user_tower.onnx"], world.UserModel());
            await File.WriteAllBytesAsync(export._folder["item_tower.onnx"], world.ItemModel());
            export.Write("import.json", Description);
            export.Write("items.csv", "sku,input,part,tags\r\na,1,known,0|1\r\nb,2,known,1|1\r\nc,0,new,0|0\r\nd,4,known,\r\n");
            export.Write("people.csv", "who,land,since\neve,Spain,1291213920\nnobody,Italy,0\nbob,,0\n");
            export.Write("clicks.csv", "who,sku,at\nbob,zzz,30\nbob,b,1\nbob,a,2\neve,a,5\nbob,b,3\n");
            await using (var goods = new GZipStream(File.Create(export._folder["goods.csv.gz"]), CompressionLevel.Fastest))
                goods.Write("sku,name,price\na,\"Tea, \"\"green\"\"\",2.5\nd,Mug,\n"u8);
            // Rows are the exporter's, with the new item between; d is row 3 there.
            export.Write("golden.json", $$"""
                { "list": [
                  { "rows": [], "land": [0], "vector": [{{Join(world.Embed(0))}}] },
                  { "rows": [0, 3], "land": [2], "vector": [{{Join(world.Embed(2, 0, 3))}}] },
                  { "rows": [1], "land": [4], "vector": [{{Join(world.Embed(4, 1))}}] }
                ] }
                """);
            return export;
        }

        public void Replace(string file, string old, string now)
        {
            string content = File.ReadAllText(_folder[file]);
            Assert.Contains(old, content, StringComparison.Ordinal);
            Write(file, content.Replace(old, now, StringComparison.Ordinal));
        }

        public void Dispose() => _folder.Dispose();

        public void WriteBytes(string file, byte[] content) => File.WriteAllBytes(_folder[file], content);

        public void Write(string file, string content) => File.WriteAllText(_folder[file], content, new UTF8Encoding(false));

        private static string Join(float[] vector) => string.Join(",", vector.Select(x => x.ToString("R", System.Globalization.CultureInfo.InvariantCulture)));
    }
}
