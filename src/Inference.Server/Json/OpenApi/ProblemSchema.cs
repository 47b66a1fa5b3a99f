using System.Text.Json;

namespace Inference.Server.Json.OpenApi;

/// <summary>The schema of <see cref="Problem"/>.</summary>
internal static class ProblemSchema
{
    private static readonly (string Name, string Type, string Description)[] Members =
    [
        ("type", "string", "The kind of problem as a reference that stays the same, for example \"/problems/invalid-request\". Nothing is served there."),
        ("title", "string", "The kind of problem in words."),
        ("status", "integer", "The HTTP status."),
        ("detail", "string", "One sentence for developers."),
        ("instance", "string", "The request's id: its own, or one that the server made."),
        ("code", "string", "The name of the gRPC status, for example \"INVALID_ARGUMENT\"."),
        ("reason", "string", "Constant for programs, for example \"INVALID_REQUEST\"."),
    ];

    /// <summary>Writes "Problem" into the schemas.</summary>
    public static void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject("Problem");
        json.WriteString("description", "Why there is no answer (RFC 9457).");
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach ((string name, string type, string description) in Members)
            WriteMember(json, name, type, description);
        json.WriteStartObject("violations");
        json.WriteString("description", "Every field that breaks a rule, at most 32; empty where the failure is about none.");
        json.WriteString("type", "array");
        json.WriteStartObject("items");
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        WriteMember(json, "field", "string", "Path of the field, for example \"context[hour]\".");
        WriteMember(json, "description", "string", "The rule, how the value breaks it, and where in the text it stands.");
        json.WriteEndObject();
        WriteRequired(json, ["field", "description"]);
        json.WriteEndObject();
        json.WriteEndObject();
        WriteMember(json, "retry_after_ms", "integer", "How long to wait before another try; absent where another try is of no use.");
        json.WriteEndObject();
        WriteRequired(json, [.. Members.Select(static member => member.Name), "violations"]);
        json.WriteEndObject();
    }

    private static void WriteMember(Utf8JsonWriter json, string name, string type, string description)
    {
        json.WriteStartObject(name);
        json.WriteString("description", description);
        json.WriteString("type", type);
        json.WriteEndObject();
    }

    private static void WriteRequired(Utf8JsonWriter json, string[] names)
    {
        json.WriteStartArray("required");
        foreach (string name in names)
            json.WriteStringValue(name);
        json.WriteEndArray();
    }
}
