using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace DeployTests.Files;

/// <summary>YAML as JSON: what Kubernetes and compose make of it.</summary>
internal static class Yaml
{
    /// <summary>All documents that are not empty.</summary>
    /// <exception cref="YamlException">It is no YAML, or a key is there twice.</exception>
    public static IReadOnlyList<JsonNode> Read(string text)
    {
        var stream = new YamlStream();
        stream.Load(new StringReader(text));
        return [.. stream.Documents.Select(document => ToJson(document.RootNode)).OfType<JsonNode>().Select(node => JsonNode.Parse(node.ToJsonString())!)];
    }

    private static JsonNode? ToJson(YamlNode node) => node switch
    {
        YamlMappingNode map => new JsonObject(map.Children.Select(pair => KeyValuePair.Create(((YamlScalarNode)pair.Key).Value!, ToJson(pair.Value)))),
        YamlSequenceNode list => new JsonArray([.. list.Children.Select(ToJson)]),
        YamlScalarNode { Style: not ScalarStyle.Plain } text => JsonValue.Create(text.Value),
        YamlScalarNode scalar => Scalar(scalar.Value ?? ""),
        _ => throw new InvalidOperationException($"What is {node}?"),
    };

    private static JsonNode? Scalar(string text) => text switch
    {
        "" or "~" or "null" => null,
        "true" => JsonValue.Create(true),
        "false" => JsonValue.Create(false),
        _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole) && (text == "0" || text[0] != '0') => JsonValue.Create(whole),
        // YAML 1.1, as Go reads it: 0440 is octal.
        _ when text.Length > 1 && text[0] == '0' && text.All(static c => c is >= '0' and <= '7') => JsonValue.Create(Convert.ToInt64(text, 8)),
        _ when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) => JsonValue.Create(number),
        _ => JsonValue.Create(text),
    };
}
