using System.Collections.Concurrent;
using System.Collections.Frozen;
using Google.Protobuf.Reflection;

namespace Inference.Server.Json;

/// <summary>The fields of messages by the names that JSON may use: that of the contract and its camelCase form. Made once for each message; safe for concurrent use.</summary>
internal static class FieldNames
{
    private static readonly ConcurrentDictionary<MessageDescriptor, FrozenDictionary<string, FieldDescriptor>> Known = new();

    public static FrozenDictionary<string, FieldDescriptor> Of(MessageDescriptor message) => Known.GetOrAdd(message, static message =>
        message.Fields.InDeclarationOrder().SelectMany(static field => new[] { (Name: field.Name, Field: field), (Name: field.JsonName, Field: field) }).DistinctBy(static pair => pair.Name)
            .ToFrozenDictionary(static pair => pair.Name, static pair => pair.Field, StringComparer.Ordinal));
}
