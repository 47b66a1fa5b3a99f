using System.Text;
using System.Text.Json;
using Inference.Recommendations.Features;
using Inference.Recommendations.Snapshots;
using Inference.Towers.Bundles;
using Inference.Towers.Manifests;
using Xunit;

namespace UnitTests.Towers;

/// <summary>The short way through a line and the serializer give the same, whatever the line.</summary>
public sealed class LineTests
{
    [Theory]
    [InlineData("""{"id":"a"}""")]
    [InlineData("""{"id":"a","title":"T","features":{},"attributes":{}}""")]
    [InlineData("""{"attributes":{"brand":"x","tags":["a","b"],"n":[1,2],"r":[1,2.5],"p":1.0,"q":7,"e":1e3},"title":"Straße \u00e9 \"q\" \\ \n 漢 😀","id":"\u0061\u0062","id_input":-5,"features":{"t":"y"}}""")]
    [InlineData("""{"id":"a","features":{"none":null,"empty":[],"t":"y"}}""")]
    [InlineData("""{"id":"a","features":{"x":1,"x":2}}""")]
    [InlineData("""{"id":"a","id":"b","title":"one","title":"two","features":{"x":1},"features":{"y":2}}""")]
    [InlineData("""{"id":"a","title":null,"features":null,"attributes":null,"id_input":null}""")]
    [InlineData("""{ "id" : "a" , /* why */ "features" : { "x" : 9223372036854775807, "y": 9223372036854775808, "z": -0, "w": 1E2, } , }""")]
    [InlineData("""{"id":"a","features":{"x":[[1]]}}""")]
    [InlineData("""{"id":"a","features":{"x":{}}}""")]
    [InlineData("""{"id":"a","features":{"x":[1,"a"]}}""")]
    [InlineData("""{"id":"a","features":{"x":1e999}}""")]
    [InlineData("""{"id":"a","features":{"x":true}}""")]
    [InlineData("""{"id":"a","features":[]}""")]
    [InlineData("""{"id":"a","features":{"x":"\ud800"}}""")]
    [InlineData("""{"id":7}""")]
    [InlineData("""{"id":"a","id_input":1.5}""")]
    [InlineData("""{"id":"a","id_input":99999999999999999999}""")]
    [InlineData("""{"id":null}""")]
    [InlineData("""{"title":"x"}""")]
    [InlineData("""{"id":"a","price":1,"other":{"deep":[1]}}""")]
    [InlineData("""{"id":"a"}{"id":"b"}""")]
    [InlineData("""{"id":"a" """)]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("not json")]
    public void ItemLine_OfAnyKind_IsReadAsTheSerializerReadsIt(string line) => AssertSameItem(Encoding.UTF8.GetBytes(line));

    [Theory]
    [InlineData(new byte[] { 0xFF })]
    [InlineData(new byte[] { 0xC3, 0x28 })]
    [InlineData(new byte[] { 0xED, 0xA0, 0x80 })]
    public void ItemLine_WithBytesThatAreNoText_IsReadAsTheSerializerReadsIt(byte[] wrong)
    {
        AssertSameItem([.. """{"id":"a","title":"x"""u8, .. wrong, .. "\"}"u8]);
        AssertSameItem([.. """{"id":"a","features":{"x":"y"""u8, .. wrong, .. "\"}}"u8]);
        AssertSameItem([.. """{"id":"a"""u8, .. wrong, .. "\"}"u8]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ItemLine_Mutated_IsReadAsTheSerializerReadsIt(int seed)
    {
        const string likely = "\"{}[],:\\0e-.nx \u0001ua";
        var random = new Random(seed);
        byte[] line = """{"id":"item-1","title":"A \"b\"","id_input":12,"features":{"a":"x","n":1.5,"w":[1,2],"l":["p","q"]},"attributes":{"b":"y","m":3}}"""u8.ToArray();
        for (int i = 0; i < 3000; i++)
        {
            byte[] mutated = [.. line];
            for (int change = random.Next(1, 4); change > 0; change--)
                mutated[random.Next(mutated.Length)] = (byte)likely[random.Next(likely.Length)];
            AssertSameItem(mutated);
        }
    }

    [Theory]
    [InlineData("""{"id":"u"}""")]
    [InlineData("""{"id":"u","features":{"c":"x","n":2,"r":0.5},"history":["item-1","gone","item-0","item-1"]}""")]
    [InlineData("""{"history":[],"features":{},"id":"\u0075"}""")]
    [InlineData("""{"id":"u","features":{"l":["a"],"none":null},"history":["item-1",""]}""")]
    [InlineData("""{"id":"u","features":{"x":1,"x":"2"}}""")]
    [InlineData("""{"id":"u","history":["item-0"],"history":["item-1"]}""")]
    [InlineData("""{"id":"u","features":null,"history":null}""")]
    [InlineData("""{"id":"u","history":[null]}""")]
    [InlineData("""{"id":"u","history":[1]}""")]
    [InlineData("""{"id":"u","age":1}""")]
    [InlineData("""{"id":7}""")]
    [InlineData("""{}""")]
    [InlineData("null")]
    public void UserLine_OfAnyKind_IsReadAsTheSerializerReadsIt(string line)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(line);
        var items = new ItemCatalogue(["item-0", "item-1"], (string?[])[null, null]);
        string expected = Outcome(() =>
        {
            BundleUser user = JsonFile.Parse(utf8, BundleLines.Json.BundleUser);
            return $"{user.Id}; {Words(ItemLines.WithoutEmpty(user.Features))}; {string.Join(',', (user.History ?? []).Select(id => id ?? ""))}; {string.Join(',', user.UnknownFields?.Keys ?? [])}";
        });
        UserLine read = default;
        string actual = Outcome(() =>
        {
            read = new UserLines(items).Read(utf8);
            return $"{read.Id}; {Words(read.Features)}; {string.Join(',', Ids(items, read))}; {string.Join(',', read.Unknown)}";
        });
        Assert.Equal(expected, actual);
        // A million histories are rows, and texts only where the catalogue has none.
        Assert.All(read.Others ?? [], id => Assert.False(items.TryGetBundleRow(id, out _)));
    }

    private static IEnumerable<string> Ids(ItemCatalogue items, UserLine line)
    {
        int other = 0;
        return [.. line.History.Select(row => row < 0 ? line.Others[other++] : items.IdOf(row))];
    }

    /// <summary>What a line leaves behind, in objects: its id, and nothing while it is read.</summary>
    [Fact]
    public void ItemLine_OfTheUsualKind_AllocatesItsIdOnly()
    {
        var contents = new ItemContents(2000);
        var lines = new ItemLines(contents);
        byte[] line = """{"id":"item-12345678","title":"Norholm rustic oak lantern","features":{"category":"lanterns","brand":"Norholm","price":12.5},"attributes":{"tags":["a","b"],"stock":7}}"""u8.ToArray();
        for (int i = 0; i < 10; i++)
            Read();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
            Read();
        long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.InRange(allocated / 1000.0, 40, 56);

        void Read()
        {
            lines.Read(line, static _ => { });
            lines.Add();
        }
    }

    private static void AssertSameItem(byte[] utf8)
    {
        string expected = Outcome(() =>
        {
            BundleItem item = JsonFile.Parse(utf8, BundleLines.Json.BundleItem);
            var content = new ItemContents();
            content.Add(new ItemContent(item.Title, ItemLines.WithoutEmpty(item.Features), ItemLines.WithoutEmpty(item.Attributes)));
            return $"{item.Id}; {item.IdInput}; {Words(content)}; {string.Join(',', item.UnknownFields?.Keys ?? [])}";
        });
        string actual = Outcome(() =>
        {
            var unknown = new List<string>();
            var contents = new ItemContents();
            var lines = new ItemLines(contents);
            (string? id, long? idInput) = lines.Read(utf8, unknown.Add);
            lines.Add();
            return $"{id}; {idInput}; {Words(contents)}; {string.Join(',', unknown)}";
        });
        Assert.True(expected == actual, $"{Encoding.UTF8.GetString(utf8)}\nexpected {expected}\nactual   {actual}");
    }

    private static string Outcome(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is JsonException or InvalidDataException)
        {
            return e.Message;
        }
    }

    /// <summary>Whole, and one by one as encoders and filters read: a name that was written twice would not be the same then.</summary>
    private static string Words(ItemContents contents)
    {
        ItemContent content = contents[0];
        IReadOnlyDictionary<string, FeatureValue> features = new ItemCatalogue(["a"], contents).Features().At(0);
        string one = string.Join(' ', content.Features.Keys.Order(StringComparer.Ordinal).Select(name => features[name].ToString()));
        string other = string.Join(' ', content.Attributes.Keys.Order(StringComparer.Ordinal).Select(name => contents.TryGetAttribute(0, name, out FeatureValue value) ? value.ToString() : "?"));
        return $"{content.Title ?? "-"} | {Words(content.Features)} | {Words(content.Attributes)} | {one} | {other}";
    }

    private static string Words(IReadOnlyDictionary<string, FeatureValue> features) =>
        string.Join(' ', features.OrderBy(feature => feature.Key, StringComparer.Ordinal).Select(feature => $"{feature.Key}={feature.Value.Kind}:{feature.Value}"));
}
