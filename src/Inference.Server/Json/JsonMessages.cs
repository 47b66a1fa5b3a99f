using System.Buffers;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Inference.Server.Failures;

namespace Inference.Server.Json;

/// <summary>
/// Messages as JSON, by the protobuf JSON mapping. Read: field names of the contract or in camelCase. Written: the names of the contract, enums by name, 64-bit numbers as text, and every
/// field that cannot be absent, so that a reply of one kind always has the same fields.
/// Source: https://protobuf.dev/programming-guides/json/
/// </summary>
internal static class JsonMessages
{
    private static readonly TypeRegistry Details = TypeRegistry.FromMessages(ErrorInfo.Descriptor, BadRequest.Descriptor, RetryInfo.Descriptor);

    private static readonly JsonParser Parser = new(new JsonParser.Settings(JsonShape.MaxDepth + 1, Details));

    private static readonly JsonFormatter Formatter = new(JsonFormatter.Settings.Default.WithPreserveProtoFieldNames(true).WithFormatDefaultValues(true).WithTypeRegistry(Details));

    /// <summary>Reads one message; an empty text is the empty message.</summary>
    /// <param name="json">UTF-8; owned by the caller.</param>
    /// <param name="failure">Everything that is wrong with it, with positions.</param>
    /// <param name="firstLine">Number of its first line, from 1, where it is part of a longer text.</param>
    public static T? Read<T>(ReadOnlySequence<byte> json, out Failure? failure, int firstLine = 1)
        where T : class, IMessage<T>, new()
    {
        if (json.IsSingleSegment)
            return Read<T>(json.First, out failure, firstLine);
        int length = checked((int)json.Length);
        byte[] whole = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            json.CopyTo(whole);
            return Read<T>(whole.AsMemory(0, length), out failure, firstLine);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(whole);
        }
    }

    /// <summary>Writes one message.</summary>
    public static void Write(IMessage message, IBufferWriter<byte> into)
    {
        using var writer = new Utf8Writer(into);
        Formatter.Format(message, writer);
    }

    private static T? Read<T>(ReadOnlyMemory<byte> json, out Failure? failure, int firstLine)
        where T : class, IMessage<T>, new()
    {
        failure = null;
        json = WithoutMark(json);
        if (json.Span.IndexOfAnyExcept(" \t\r\n"u8) < 0)
            return new T();
        failure = JsonShape.Check(json.Span, Descriptor<T>.Of, firstLine);
        if (failure is not null)
            return null;
        try
        {
            using var text = new Utf8Reader(json);
            return Parser.Parse<T>(text);
        }
        catch (Exception e) when (e is IOException or FormatException or InvalidOperationException or ArgumentException or OverflowException)
        {
            // What the shape does not tell, such as a time that is no time. These messages speak of the text alone.
            failure = JsonShape.Broken(e.Message);
            return null;
        }
    }

    /// <summary>The text without a byte order mark.</summary>
    private static ReadOnlyMemory<byte> WithoutMark(ReadOnlyMemory<byte> json) => json.Span.StartsWith("\uFEFF"u8) ? json[3..] : json;

    private static class Descriptor<T>
        where T : class, IMessage<T>, new()
    {
        public static readonly MessageDescriptor Of = new T().Descriptor;
    }
}
