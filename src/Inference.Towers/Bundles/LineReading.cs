using System.Text.Json;

namespace Inference.Towers.Bundles;

/// <summary>Reads the fields of one line without an object for it. What is unusual is left to the serializer, which also finds the words for what is wrong.</summary>
internal static class LineReading
{
    /// <summary>As <see cref="Manifests.BundleJson"/> reads.</summary>
    public static JsonReaderOptions Options { get; } = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip, MaxDepth = 32 };

    /// <summary>Whether the reader stands before the end of an object, on the name of a field; false at its end.</summary>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static bool ReadName(this ref Utf8JsonReader reader) => reader.Read() && reader.TokenType == JsonTokenType.PropertyName;

    /// <summary>A text or name of the reader, unescaped.</summary>
    /// <param name="characters">Grows where it has to.</param>
    /// <exception cref="InvalidOperationException">It is no valid UTF-8 or has half a character.</exception>
    public static ReadOnlySpan<char> Characters(this ref Utf8JsonReader reader, ref char[] characters)
    {
        // A character takes at least one byte, escaped or not.
        if (characters.Length < reader.ValueSpan.Length)
            characters = new char[Math.Max(characters.Length * 2, reader.ValueSpan.Length)];
        return characters.AsSpan(0, reader.CopyString(characters));
    }

    /// <summary>Whether a number is written without point and exponent, and fits: a whole number, as features distinguish them.</summary>
    public static bool TryReadWhole(this ref Utf8JsonReader reader, out long value)
    {
        value = 0;
        return reader.ValueSpan.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0 && reader.TryGetInt64(out value);
    }

    /// <summary>A finite number.</summary>
    public static bool TryReadFinite(this ref Utf8JsonReader reader, out double value) => reader.TryGetDouble(out value) && double.IsFinite(value);
}
