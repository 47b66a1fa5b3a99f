using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Inference.Vectors;
using Microsoft.Win32.SafeHandles;

namespace Inference.Towers.Bundles;

/// <summary>Reads JSON files of limited size.</summary>
internal static class JsonFile
{
    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <exception cref="InvalidDataException">The file is larger than allowed, or holds null.</exception>
    /// <exception cref="JsonException">It is no JSON of this shape.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static T Read<T>(string path, long maxBytes, JsonTypeInfo<T> json)
        where T : class
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read);
        long length = RandomAccess.GetLength(file);
        if (length > maxBytes)
            throw new InvalidDataException($"has {length} bytes; {maxBytes} are the limit.");
        byte[] content = ArrayPool<byte>.Shared.Rent((int)length);
        try
        {
            int read = FilePieces.Read(file, content.AsSpan(0, (int)length), offset: 0);
            return Parse(content.AsSpan(0, read), json);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(content);
        }
    }

    /// <summary>Reads one value from UTF-8, with or without a byte order mark.</summary>
    public static T Parse<T>(ReadOnlySpan<byte> utf8, JsonTypeInfo<T> json)
        where T : class
    {
        if (utf8.StartsWith(ByteOrderMark))
            utf8 = utf8[ByteOrderMark.Length..];
        return JsonSerializer.Deserialize(utf8, json) ?? throw new InvalidDataException("is null.");
    }

    /// <summary>What a failure says about the file.</summary>
    public static string Explain(Exception exception) => exception switch
    {
        JsonException { LineNumber: { } line, Path: { } path } json => $"line {line + 1}, at {path}: {Cause(json)}",
        JsonException json => Cause(json),
        _ => exception.Message,
    };

    /// <summary>What a failure says, without its place.</summary>
    public static string Cause(Exception exception)
    {
        string message = (exception.InnerException ?? exception).Message;
        int tail = message.IndexOf(" Path: ", StringComparison.Ordinal);
        return tail > 0 ? message[..tail] : message;
    }
}
