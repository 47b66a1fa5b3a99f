using System.Text;
using System.Text.Json;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;

namespace Inference.Server.Json.OpenApi;

/// <summary>
/// Messages and enums as JSON Schema (2020-12), as the protobuf JSON mapping writes them. A message that is only asked with refuses fields that it has not; one that is only answered with says
/// which fields are always there.
/// </summary>
internal sealed class SchemaWriter(ProtoComments comments)
{
    private const string Package = "recsys.v1.";

    /// <summary>Writes everything that requests and responses are made of, by name.</summary>
    public void WriteAll(Utf8JsonWriter json, MessageDescriptor[] requests, MessageDescriptor[] responses)
    {
        Dictionary<string, IDescriptor> asked = Reachable(requests), answered = Reachable(responses);
        foreach (IDescriptor type in asked.Values.Concat(answered.Values).DistinctBy(type => type.FullName).OrderBy(NameOf, StringComparer.Ordinal))
        {
            json.WritePropertyName(NameOf(type));
            if (type is EnumDescriptor names)
                WriteEnum(json, names);
            else
                WriteMessage(json, (MessageDescriptor)type, isAnswered: !asked.ContainsKey(type.FullName), isAsked: !answered.ContainsKey(type.FullName));
        }
    }

    /// <summary>Writes a reference to a message's schema.</summary>
    public void WriteReference(Utf8JsonWriter json, MessageDescriptor message)
    {
        json.WriteStartObject();
        json.WriteString("$ref", $"#/components/schemas/{NameOf(message)}");
        json.WriteEndObject();
    }

    private static string NameOf(IDescriptor type) => type.FullName.StartsWith(Package, StringComparison.Ordinal) ? type.FullName[Package.Length..] : type.FullName;

    private static bool IsWellKnown(MessageDescriptor message) => message.File.Package == "google.protobuf";

    private static Dictionary<string, IDescriptor> Reachable(MessageDescriptor[] from)
    {
        var found = new Dictionary<string, IDescriptor>(StringComparer.Ordinal);
        var open = new Stack<MessageDescriptor>(from);
        while (open.TryPop(out MessageDescriptor? message))
        {
            // Entries of maps are no messages of their own.
            bool isMap = message.GetOptions() is { MapEntry: true };
            if (IsWellKnown(message) || (!isMap && !found.TryAdd(message.FullName, message)))
                continue;
            foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
            {
                if (field.FieldType == FieldType.Message)
                    open.Push(field.MessageType);
                else if (field.FieldType == FieldType.Enum)
                    found.TryAdd(field.EnumType.FullName, field.EnumType);
            }
        }

        return found;
    }

    private void WriteEnum(Utf8JsonWriter json, EnumDescriptor names)
    {
        var description = new StringBuilder(comments.Of(names.FullName));
        foreach (EnumValueDescriptor value in names.Values)
            description.Append("\n- `").Append(value.Name).Append("`: ").Append(comments.Of($"{names.FullName}.{value.Name}"));
        json.WriteStartObject();
        json.WriteString("description", description.ToString());
        json.WriteString("type", "string");
        json.WriteStartArray("enum");
        foreach (EnumValueDescriptor value in names.Values)
            json.WriteStringValue(value.Name);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private void WriteMessage(Utf8JsonWriter json, MessageDescriptor message, bool isAnswered, bool isAsked)
    {
        json.WriteStartObject();
        json.WriteString("description", comments.Of(message.FullName));
        json.WriteString("type", "object");
        json.WriteStartObject("properties");
        foreach (FieldDescriptor field in message.Fields.InDeclarationOrder())
        {
            json.WriteStartObject(field.Name);
            json.WriteString("description", comments.Of(field.FullName));
            WriteField(json, field);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        FieldDescriptor[] always = isAnswered ? [.. message.Fields.InDeclarationOrder().Where(static field => !field.HasPresence)] : [];
        if (always.Length > 0)
            WriteRequired(json, always);
        if (isAsked)
            json.WriteBoolean("additionalProperties", false);
        OneofDescriptor[] choices = [.. message.Oneofs.Where(static oneof => !oneof.IsSynthetic)];
        if (choices.Length > 0)
        {
            json.WriteStartArray("allOf");
            foreach (OneofDescriptor choice in choices)
                WriteChoice(json, choice);
            json.WriteEndArray();
        }

        json.WriteEndObject();
    }

    /// <summary>Exactly one of the fields, as the contract asks of its choices.</summary>
    private static void WriteChoice(Utf8JsonWriter json, OneofDescriptor choice)
    {
        json.WriteStartObject();
        json.WriteStartArray("oneOf");
        foreach (FieldDescriptor field in choice.Fields)
        {
            json.WriteStartObject();
            WriteRequired(json, [field]);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void WriteRequired(Utf8JsonWriter json, FieldDescriptor[] fields)
    {
        json.WriteStartArray("required");
        foreach (FieldDescriptor field in fields)
            json.WriteStringValue(field.Name);
        json.WriteEndArray();
    }

    private void WriteField(Utf8JsonWriter json, FieldDescriptor field)
    {
        if (field.IsMap)
        {
            json.WriteString("type", "object");
            json.WriteStartObject("additionalProperties");
            WriteType(json, field.MessageType.FindFieldByNumber(2));
            json.WriteEndObject();
        }
        else if (field.IsRepeated)
        {
            json.WriteString("type", "array");
            json.WriteStartObject("items");
            WriteType(json, field);
            json.WriteEndObject();
        }
        else
        {
            WriteType(json, field);
        }
    }

    private void WriteType(Utf8JsonWriter json, FieldDescriptor field)
    {
        switch (field.FieldType)
        {
            case FieldType.Message when IsWellKnown(field.MessageType):
                WriteWellKnown(json, field.MessageType);
                break;
            case FieldType.Message:
                json.WriteString("$ref", $"#/components/schemas/{NameOf(field.MessageType)}");
                break;
            case FieldType.Enum:
                json.WriteString("$ref", $"#/components/schemas/{NameOf(field.EnumType)}");
                break;
            case FieldType.Bool:
                json.WriteString("type", "boolean");
                break;
            case FieldType.String:
                json.WriteString("type", "string");
                break;
            case FieldType.Bytes:
                json.WriteString("type", "string");
                json.WriteString("contentEncoding", "base64");
                break;
            case FieldType.Float or FieldType.Double:
                json.WriteString("type", "number");
                json.WriteString("format", field.FieldType == FieldType.Float ? "float" : "double");
                break;
            case FieldType.Int32 or FieldType.SInt32 or FieldType.SFixed32 or FieldType.UInt32 or FieldType.Fixed32:
                json.WriteString("type", "integer");
                json.WriteString("format", field.FieldType is FieldType.UInt32 or FieldType.Fixed32 ? "uint32" : "int32");
                break;
            default:
                // More digits than the numbers of most JSON readers have.
                bool isPositive = field.FieldType is FieldType.UInt64 or FieldType.Fixed64;
                json.WriteString("type", "string");
                json.WriteString("format", isPositive ? "uint64" : "int64");
                json.WriteString("pattern", isPositive ? "^[0-9]+$" : "^-?[0-9]+$");
                break;
        }
    }

    private static void WriteWellKnown(Utf8JsonWriter json, MessageDescriptor message)
    {
        if (message.FullName == Timestamp.Descriptor.FullName)
        {
            json.WriteString("type", "string");
            json.WriteString("format", "date-time");
        }
        else if (message.FullName == Duration.Descriptor.FullName)
        {
            json.WriteString("type", "string");
            json.WriteString("pattern", "^-?[0-9]+(\\.[0-9]{1,9})?s$");
        }
        else if (message.FullName == Any.Descriptor.FullName)
        {
            json.WriteString("type", "object");
            json.WriteStartObject("properties");
            json.WriteStartObject("@type");
            json.WriteString("type", "string");
            json.WriteEndObject();
            json.WriteEndObject();
            json.WriteStartArray("required");
            json.WriteStringValue("@type");
            json.WriteEndArray();
        }
        else
        {
            throw new NotSupportedException($"{message.FullName} has no schema here yet.");
        }
    }
}
