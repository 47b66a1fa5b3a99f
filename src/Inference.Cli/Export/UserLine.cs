using System.Text.Json;
using Recsys.V1;

namespace Inference.Cli.Export;

/// <summary>
/// A line of a file of users: an id as it stands, or, where the line begins with a brace, a JSON object:
/// <code>{"user_id": "u1", "context": {"country": "DE", "hour": 14, "genres": ["a", "b"]}, "recent_item_ids": ["i7", "i9"]}</code>
/// </summary>
internal static class UserLine
{
    /// <summary>Adds what a line says to a request; its context overrides that of all users.</summary>
    /// <returns>Why the line cannot be read; null where it can.</returns>
    public static string? Read(string line, RecommendRequest request)
    {
        if (line[0] != '{')
        {
            request.UserId = line;
            return null;
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                switch (property.Name)
                {
                    case "user_id" when property.Value.ValueKind == JsonValueKind.String:
                        request.UserId = property.Value.GetString()!;
                        break;
                    case "context" when property.Value.ValueKind == JsonValueKind.Object:
                        foreach (JsonProperty feature in property.Value.EnumerateObject())
                        {
                            if (ValueOf(feature.Value) is not { } value)
                                return $"context '{feature.Name}' is neither a text, a number nor a list of one kind of them";
                            request.Context[feature.Name] = value;
                        }

                        break;
                    case "recent_item_ids" when Texts(property.Value) is { } ids:
                        request.RecentItemIds.Add(ids);
                        break;
                    default:
                        return property.Name is "user_id" or "context" or "recent_item_ids"
                            ? $"'{property.Name}' is {property.Value.ValueKind}; a text, an object and a list of texts are wanted for user_id, context and recent_item_ids"
                            : $"there is no '{property.Name}'; there are user_id, context and recent_item_ids";
                }
            }

            return null;
        }
        catch (JsonException e)
        {
            return $"this is no JSON object: {e.Message}";
        }
        catch (InvalidOperationException)
        {
            // The parser leaves escapes as they are until a text is asked for.
            return "this is no JSON object: a \\u escape stands for half a character";
        }
    }

    private static FeatureValue? ValueOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => new FeatureValue { StringValue = value.GetString() },
        JsonValueKind.Number when value.TryGetInt64(out long whole) => new FeatureValue { IntValue = whole },
        JsonValueKind.Number => new FeatureValue { FloatValue = value.GetDouble() },
        JsonValueKind.Array => ListOf(value),
        _ => null,
    };

    private static FeatureValue? ListOf(JsonElement list)
    {
        if (Texts(list) is { } texts)
            return new FeatureValue { StringList = new StringList { Values = { texts } } };
        if (list.EnumerateArray().Any(element => element.ValueKind != JsonValueKind.Number))
            return null;
        return list.EnumerateArray().All(element => element.TryGetInt64(out _))
            ? new FeatureValue { IntList = new IntList { Values = { list.EnumerateArray().Select(element => element.GetInt64()) } } }
            : new FeatureValue { FloatList = new FloatList { Values = { list.EnumerateArray().Select(element => element.GetDouble()) } } };
    }

    private static string[]? Texts(JsonElement list) =>
        list.ValueKind == JsonValueKind.Array && list.EnumerateArray().All(element => element.ValueKind == JsonValueKind.String) ? [.. list.EnumerateArray().Select(element => element.GetString()!)] : null;
}
