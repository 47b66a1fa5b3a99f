using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Inference.Server.Json;
using Inference.Server.Json.OpenApi;
using UnitTests.Testing;
using Xunit;

namespace UnitTests.Server.Json;

/// <summary>The OpenAPI document: it is committed, follows the rules of OpenAPI 3.1 as far as they can be checked here, and says everything that the contract says.</summary>
public sealed class OpenApiTests : IDisposable
{
    private static readonly string[] Types = ["object", "array", "string", "number", "integer", "boolean"];

    private readonly JsonDocument _document = JsonDocument.Parse(OpenApiDocument.Bytes);

    private JsonElement Root => _document.RootElement;

    public void Dispose() => _document.Dispose();

    [Fact]
    [Trait("Category", "Golden")]
    public void Document_IsWhatTheContractSays() => Golden.Check("docs/openapi.json", Encoding.UTF8.GetString(OpenApiDocument.Bytes.Span));

    [Fact]
    public void Document_HasOneOperationForEachRoute()
    {
        Assert.StartsWith("3.1.", Root.GetProperty("openapi").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonRoutes.All.Select(route => route.Path), Root.GetProperty("paths").EnumerateObject().Select(path => path.Name));
        string[] ids = [.. Operations().Select(operation => operation.GetProperty("operationId").GetString()!)];
        Assert.Equal(ids.Length, ids.Distinct().Count());
        Assert.Contains("recommendStream", ids);
        Assert.All(Operations(), operation =>
        {
            Assert.True(operation.GetProperty("responses").TryGetProperty("200", out _));
            Assert.Contains(operation.GetProperty("tags")[0].GetString(), Root.GetProperty("tags").EnumerateArray().Select(tag => tag.GetProperty("name").GetString()));
        });
    }

    [Fact]
    public void Document_HasNoReferenceToNothingAndNoComponentThatNobodyUses()
    {
        HashSet<string> references = [.. All(Root).Where(element => element.ValueKind == JsonValueKind.Object && element.TryGetProperty("$ref", out _)).Select(element => element.GetProperty("$ref").GetString()!)];
        Assert.All(references, reference =>
        {
            JsonElement at = Root;
            foreach (string part in reference.Split('/').Skip(1))
                Assert.True(at.TryGetProperty(part, out at), $"{reference} is not there.");
        });
        // Ways to say who calls are named, not referred to.
        references.UnionWith(Root.GetProperty("security").EnumerateArray().SelectMany(one => one.EnumerateObject()).Select(scheme => $"#/components/securitySchemes/{scheme.Name}"));
        foreach (JsonProperty kind in Root.GetProperty("components").EnumerateObject())
            Assert.All(kind.Value.EnumerateObject(), component =>
            {
                Assert.Matches("^[a-zA-Z0-9._-]+$", component.Name);
                Assert.Contains($"#/components/{kind.Name}/{component.Name}", references);
            });
    }

    [Fact]
    public void Schemas_AreWellFormed() => Assert.All(Root.GetProperty("components").GetProperty("schemas").EnumerateObject(), schema => AssertSchema(schema.Value, schema.Name));

    [Fact]
    public void Descriptions_AreNeverEmpty() =>
        Assert.All(All(Root), element =>
        {
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty("description", out JsonElement description) && description.ValueKind == JsonValueKind.String)
                Assert.DoesNotMatch(@"^\s*$|: $|: \n", description.GetString());
        });

    /// <summary>A form of declaration that the reader of comments does not know would be missing here.</summary>
    [Fact]
    public void Comments_AreThereForAllOfTheContract()
    {
        ProtoComments comments = ProtoComments.OfContract();
        string[] missing = [.. Names().Where(name => comments.Of(name).Length == 0)];

        Assert.Empty(missing);
    }

    [Fact]
    public void Comments_OfAFile_AreThoseRightBefore()
    {
        var comments = new ProtoComments();
        comments.Add("""
            // Of the file.

            package p.q;
            // One
            // message.
            message A {
              // A field.
              map<string, B> f = 1;
              int32 silent = 2;
              // Left alone.

              int32 far = 3;
              // Inner.
              message C {
                // Deep.
                repeated string d = 1 [deprecated = true];
              }
              // A choice.
              oneof choice {
                // Chosen.
                string e = 4;
              }
            }
            // Names.
            enum N {
              // None.
              N_UNSPECIFIED = 0;
            }
            """);

        Assert.Equal(
            ("One message.", "A field.", "", "", "Inner.", "Deep.", "A choice.", "Chosen.", "None."),
            (comments.Of("p.q.A"), comments.Of("p.q.A.f"), comments.Of("p.q.A.silent"), comments.Of("p.q.A.far"), comments.Of("p.q.A.C"), comments.Of("p.q.A.C.d"), comments.Of("p.q.A.choice"), comments.Of("p.q.A.e"),
                comments.Of("p.q.N.N_UNSPECIFIED")));
    }

    [Fact]
    public void Examples_AreMessages()
    {
        int read = 0;
        foreach (JsonRoute route in JsonRoutes.All)
        {
            foreach ((MessageDescriptor message, string? example) in new[] { (route.Method.InputType, Examples.Request(route.Method.InputType.Name)), (route.Method.OutputType, Examples.Response(route.Method.OutputType.Name)) })
            {
                if (example is null)
                    continue;
                Assert.Null(JsonShape.Check(Encoding.UTF8.GetBytes(example), message));
                JsonParser.Default.Parse(example, message);
                read++;
            }
        }

        Assert.True(read > 10);
    }

    [Fact]
    public void Replies_SayWhatIsAlwaysThere()
    {
        JsonElement reply = Root.GetProperty("components").GetProperty("schemas").GetProperty("RecommendResponse");

        Assert.Equal(
            ["items", "served_by", "degraded", "model_version", "embedding_space_id", "request_id", "policy", "next_page_token", "surface"],
            reply.GetProperty("required").EnumerateArray().Select(name => name.GetString()));
        Assert.False(Root.GetProperty("components").GetProperty("schemas").GetProperty("RecommendRequest").GetProperty("additionalProperties").GetBoolean());
    }

    private static IEnumerable<string> Names()
    {
        foreach (Google.Protobuf.Reflection.ServiceDescriptor service in JsonRoutes.All.Select(route => route.Method.Service).Distinct())
        {
            yield return service.FullName;
            foreach (MethodDescriptor method in service.Methods)
                yield return method.FullName;
            foreach (MessageDescriptor message in service.File.MessageTypes)
            {
                yield return message.FullName;
                foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
                    yield return field.FullName;
            }

            foreach (EnumDescriptor names in service.File.EnumTypes)
            {
                yield return names.FullName;
                foreach (EnumValueDescriptor value in names.Values)
                    yield return $"{names.FullName}.{value.Name}";
            }
        }
    }

    private static void AssertSchema(JsonElement schema, string path)
    {
        Assert.Equal(JsonValueKind.Object, schema.ValueKind);
        if (schema.TryGetProperty("type", out JsonElement type))
            Assert.Contains(type.GetString(), Types);
        else
            Assert.True(schema.TryGetProperty("$ref", out _) || schema.TryGetProperty("oneOf", out _), $"{path} has no type.");
        if (schema.TryGetProperty("pattern", out JsonElement pattern))
            _ = new Regex(pattern.GetString()!);
        if (schema.TryGetProperty("enum", out JsonElement values))
            Assert.Equal(values.GetArrayLength(), values.EnumerateArray().Select(value => value.GetString()).Distinct().Count());
        JsonElement properties = default;
        if (schema.TryGetProperty("properties", out properties))
        {
            foreach (JsonProperty property in properties.EnumerateObject())
                AssertSchema(property.Value, $"{path}.{property.Name}");
        }

        if (schema.TryGetProperty("required", out JsonElement required) && properties.ValueKind == JsonValueKind.Object)
            Assert.All(required.EnumerateArray(), name => Assert.True(properties.TryGetProperty(name.GetString()!, out _), $"{path} has no {name}."));
        if (schema.TryGetProperty("items", out JsonElement items))
            AssertSchema(items, path + "[]");
        else if (type.ValueKind == JsonValueKind.String && type.GetString() == "array")
            Assert.Fail($"{path} has no items.");
        if (schema.TryGetProperty("additionalProperties", out JsonElement additional) && additional.ValueKind == JsonValueKind.Object)
            AssertSchema(additional, path + "{}");
    }

    private IEnumerable<JsonElement> Operations() => Root.GetProperty("paths").EnumerateObject().SelectMany(path => path.Value.EnumerateObject()).Select(operation => operation.Value);

    private static IEnumerable<JsonElement> All(JsonElement element)
    {
        IEnumerable<JsonElement> inner = element.ValueKind switch
        {
            JsonValueKind.Object => element.EnumerateObject().Select(property => property.Value),
            JsonValueKind.Array => element.EnumerateArray(),
            _ => [],
        };
        return inner.SelectMany(All).Prepend(element);
    }
}
