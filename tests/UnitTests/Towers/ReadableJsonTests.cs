using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Inference.Towers.Bundles;
using Xunit;

namespace UnitTests.Towers;

public sealed class ReadableJsonTests
{
    [Fact]
    public void Format_PutsWhatFitsOnALine()
    {
        using JsonDocument document = JsonDocument.Parse($$$"""{"name":"Tee & Söhne \"x\"","list":[1,2.50,null,true],"long":{"a":{"b":[]},"c":"{{{new string('x', 150)}}}"},"many":[{"k":1},{"k":{}}]}""");
        Assert.Equal(
            $$"""
            {
              "name": "Tee & Söhne \"x\"",
              "list": [1, 2.50, null, true],
              "long": {
                "a": { "b": [] },
                "c": "{{new string('x', 150)}}"
              },
              "many": [{ "k": 1 }, { "k": {} }]
            }

            """.ReplaceLineEndings("\n"),
            ReadableJson.Format(document.RootElement));
    }

    [Fact]
    public void Format_OfAnyText_IsReadBackAsItWas() => Prop.ForAll(ArbMap.Default.ArbFor<string[]>(), texts =>
    {
        JsonElement element = JsonSerializer.SerializeToElement(texts.Select((text, place) => (text, place)).ToDictionary(one => $"{one.place}:{one.text}", one => new[] { one.text, one.text }));
        return JsonElement.DeepEquals(element, JsonDocument.Parse(ReadableJson.Format(element)).RootElement);
    }).QuickCheckThrowOnFailure();
}
