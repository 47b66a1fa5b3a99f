using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Google.Protobuf.Reflection;

namespace Inference.Server.Json.OpenApi;

/// <summary>
/// The routes as an OpenAPI 3.1 document: paths from <see cref="JsonRoutes"/>, schemas from the descriptors, descriptions from the comments of the contract. It does not depend on the configuration.
/// Source: https://spec.openapis.org/oas/v3.1.1.html
/// </summary>
internal sealed class OpenApiDocument
{
    private static readonly Lazy<byte[]> Made = new(() => new OpenApiDocument().Write());

    private static readonly JsonWriterOptions Readable = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, NewLine = "\n" };

    /// <summary>HTTP statuses of failures, with their component and what they mean. Those that any call may meet.</summary>
    private static readonly (string Status, string Name, string Description)[] Failures =
    [
        ("400", "InvalidRequest", "The request breaks a rule, or cannot be met as things are; `violations` names every field that does."),
        ("401", "Unauthenticated", "The server wants to know who calls, and no credentials were shown, or none that are good."),
        ("403", "Forbidden", "The caller lacks the method's role, or a web page sent the request."),
        ("404", "NotFound", "What is asked for is not there."),
        ("413", "TooLarge", "The body is over the limit."),
        ("415", "UnsupportedMediaType", "The body is of another type than JSON, or encoded."),
        ("500", "Internal", "The server failed; its log says why."),
        ("503", "Unavailable", "The server cannot answer now; `Retry-After` and `retry_after_ms` say when to try again."),
        ("504", "DeadlineExceeded", "The time that the request gave passed, or would have passed, before there was an answer."),
    ];

    private readonly ProtoComments _comments = ProtoComments.OfContract();
    private readonly SchemaWriter _schemas;

    private OpenApiDocument() => _schemas = new SchemaWriter(_comments);

    /// <summary>The document as UTF-8.</summary>
    public static ReadOnlyMemory<byte> Bytes => Made.Value;

    private byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(1 << 18);
        using (var json = new Utf8JsonWriter(buffer, Readable))
        {
            json.WriteStartObject();
            json.WriteString("openapi", "3.1.0");
            WriteInfo(json);
            json.WriteStartArray("servers");
            json.WriteStartObject();
            json.WriteString("url", "/");
            json.WriteEndObject();
            json.WriteEndArray();
            WriteSecurity(json);
            WriteTags(json);
            json.WriteStartObject("paths");
            foreach (JsonRoute route in JsonRoutes.All)
                WritePath(json, route);
            json.WriteEndObject();
            WriteComponents(json);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer.WrittenSpan.ToArray();
    }

    private static void WriteInfo(Utf8JsonWriter json)
    {
        json.WriteStartObject("info");
        json.WriteString("title", "Inference");
        json.WriteString("version", "v1");
        json.WriteString("summary", "Recommendations over HTTP: the gRPC methods of recsys.v1 as JSON.");
        json.WriteString(
            "description",
            "Bodies are messages of the contract by the protobuf JSON mapping. Replies have the field names of the contract and hold every field that cannot be absent. Requests may use them or camelCase, may leave out "
            + "whatever is to have its default, and may write 64-bit numbers as numbers; a field that does not exist is refused. NaN and infinities are written \"NaN\", \"Infinity\" and \"-Infinity\".");
        json.WriteStartObject("license");
        json.WriteString("name", "Apache License 2.0");
        json.WriteString("identifier", "Apache-2.0");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Nothing, or one of the two: whether credentials are needed is the server's configuration.</summary>
    private static void WriteSecurity(Utf8JsonWriter json)
    {
        json.WriteStartArray("security");
        json.WriteStartObject();
        json.WriteEndObject();
        foreach (string scheme in (string[])["ApiKey", "Bearer"])
        {
            json.WriteStartObject();
            json.WriteStartArray(scheme);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSecuritySchemes(Utf8JsonWriter json)
    {
        json.WriteStartObject("securitySchemes");
        json.WriteStartObject("ApiKey");
        json.WriteString("type", "apiKey");
        json.WriteString("in", "header");
        json.WriteString("name", "x-api-key");
        json.WriteString("description", "An API key of the server's clients file.");
        json.WriteEndObject();
        json.WriteStartObject("Bearer");
        json.WriteString("type", "http");
        json.WriteString("scheme", "bearer");
        json.WriteString("description", "An API key, or a token (JWT) of the identity provider.");
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteTags(Utf8JsonWriter json)
    {
        json.WriteStartArray("tags");
        foreach (Google.Protobuf.Reflection.ServiceDescriptor service in JsonRoutes.All.Select(route => route.Method.Service).Distinct())
        {
            json.WriteStartObject();
            json.WriteString("name", service.Name);
            json.WriteString("description", _comments.Of(service.FullName));
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WritePath(Utf8JsonWriter json, JsonRoute route)
    {
        MethodDescriptor method = route.Method;
        string comment = _comments.Of(method.FullName);
        string type = route.IsLines ? "application/x-ndjson" : "application/json";
        json.WriteStartObject(route.Path);
        json.WriteStartObject("post");
        json.WriteString("operationId", OperationId(route));
        json.WriteStartArray("tags");
        json.WriteStringValue(method.Service.Name);
        json.WriteEndArray();
        int sentence = comment.IndexOf(". ", StringComparison.Ordinal);
        json.WriteString("summary", (sentence < 0 ? comment : comment[..sentence]).TrimEnd('.'));
        json.WriteString("description", route.IsLines
            ? $"{comment} One JSON object a line in both directions, as the schemas say; a line that cannot be read gets an answer with `error`. A last line {{\"problem\": ...}} ends a stream before its time."
            : comment);
        json.WriteStartArray("parameters");
        WriteReference(json, "#/components/parameters/RequestTimeout");
        json.WriteEndArray();
        json.WriteStartObject("requestBody");
        json.WriteBoolean("required", false);
        json.WriteString("description", route.IsLines ? "Questions, one a line." : "Nothing stands for the empty object.");
        WriteContent(json, type, method.InputType, Examples.Request(method.InputType.Name));
        json.WriteEndObject();
        json.WriteStartObject("responses");
        json.WriteStartObject("200");
        json.WriteString("description", _comments.Of(method.OutputType.FullName));
        WriteContent(json, type, method.OutputType, Examples.Response(method.OutputType.Name));
        json.WriteEndObject();
        foreach ((string status, string name, _) in Failures)
        {
            json.WritePropertyName(status);
            WriteReference(json, $"#/components/responses/{name}");
        }

        json.WritePropertyName("default");
        WriteReference(json, "#/components/responses/Internal");
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>"recommendStream", of the path "/v1/recommend-stream".</summary>
    private static string OperationId(JsonRoute route) =>
        string.Concat(route.Path["/v1/".Length..].Split('-').Select(static (word, place) => place == 0 ? word : char.ToUpperInvariant(word[0]) + word[1..]));

    private void WriteContent(Utf8JsonWriter json, string type, MessageDescriptor message, string? example)
    {
        json.WriteStartObject("content");
        json.WriteStartObject(type);
        json.WritePropertyName("schema");
        _schemas.WriteReference(json, message);
        if (example is not null)
        {
            json.WritePropertyName("example");
            using JsonDocument parsed = JsonDocument.Parse(example);
            parsed.RootElement.WriteTo(json);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private void WriteComponents(Utf8JsonWriter json)
    {
        json.WriteStartObject("components");
        WriteSecuritySchemes(json);
        json.WriteStartObject("parameters");
        json.WriteStartObject("RequestTimeout");
        json.WriteString("name", RequestTimeout.Header);
        json.WriteString("in", "header");
        json.WriteBoolean("required", false);
        json.WriteString("description", "How long the caller waits: a positive number and its unit (us, ms, s, m), at most a day. Parts of the answer that would be late are left out; an answer that would be late is 504.");
        json.WriteStartObject("schema");
        json.WriteString("type", "string");
        json.WriteString("pattern", "^[0-9]+(\\.[0-9]+)?(us|ms|s|m)$");
        json.WriteEndObject();
        json.WriteString("example", "50ms");
        json.WriteEndObject();
        json.WriteEndObject();

        json.WriteStartObject("responses");
        foreach ((string status, string name, string description) in Failures)
        {
            json.WriteStartObject(name);
            json.WriteString("description", description);
            if (status == "503")
                WriteRetryAfter(json);
            json.WriteStartObject("content");
            json.WriteStartObject(Problem.ContentType);
            json.WritePropertyName("schema");
            WriteReference(json, "#/components/schemas/Problem");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteStartObject("schemas");
        ProblemSchema.Write(json);
        _schemas.WriteAll(json, [.. JsonRoutes.All.Select(route => route.Method.InputType)], [.. JsonRoutes.All.Select(route => route.Method.OutputType)]);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteRetryAfter(Utf8JsonWriter json)
    {
        json.WriteStartObject("headers");
        json.WriteStartObject("Retry-After");
        json.WriteString("description", "Seconds to wait.");
        json.WriteStartObject("schema");
        json.WriteString("type", "integer");
        json.WriteNumber("minimum", 0);
        json.WriteEndObject();
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteReference(Utf8JsonWriter json, string to)
    {
        json.WriteStartObject();
        json.WriteString("$ref", to);
        json.WriteEndObject();
    }
}
