using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Inference.Towers.Bundles;

/// <summary>Reads files with one JSON object per line, in memory of one line, and reports what is wrong by line.</summary>
internal static class JsonLines
{
    private const int MaxLineBytes = 4 << 20;
    private const int FirstBufferBytes = 64 << 10;

    /// <summary>Reads all values.</summary>
    /// <param name="stream">UTF-8; empty lines are passed over.</param>
    /// <param name="json">Shape of a line.</param>
    /// <param name="maxLines">Most lines with a value.</param>
    /// <param name="maxBytes">Most bytes of the stream: a small compressed file can hold a huge one.</param>
    /// <param name="file">Name in messages.</param>
    /// <param name="add">Receives the line's number, from 1, and its value.</param>
    public static void Read<T>(
        Stream stream, JsonTypeInfo<T> json, int maxLines, long maxBytes, string file, BundleProblems problems, Action<int, T> add, CancellationToken cancellationToken)
        where T : class
    {
        byte[] buffer = new byte[FirstBufferBytes];
        int filled = 0, line = 0, values = 0;
        long total = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = stream.Read(buffer, filled, buffer.Length - filled);
            filled += read;
            total += read;
            if (total > maxBytes)
            {
                problems.Add(file, $"holds more than {maxBytes} bytes, far more than its size lets expect.");
                return;
            }

            int start = 0;
            for (int length; (length = buffer.AsSpan(start, filled - start).IndexOf((byte)'\n')) >= 0; start += length + 1)
            {
                if (!TryAdd(buffer.AsSpan(start, length)))
                    return;
            }

            if (read == 0)
            {
                TryAdd(buffer.AsSpan(start, filled - start));
                return;
            }

            buffer.AsSpan(start, filled - start).CopyTo(buffer);
            filled -= start;
            if (filled < buffer.Length)
                continue;
            if (buffer.Length >= MaxLineBytes)
            {
                problems.Add($"{file}:{line + 1}", $"is longer than {MaxLineBytes} bytes.");
                return;
            }

            Array.Resize(ref buffer, buffer.Length * 2);
        }

        bool TryAdd(ReadOnlySpan<byte> utf8)
        {
            line++;
            utf8 = utf8.Trim(" \t\r"u8);
            if (utf8.IsEmpty)
                return true;
            if (values++ >= maxLines)
            {
                problems.Add(file, $"has more than {maxLines} lines.");
                return false;
            }

            try
            {
                add(line, JsonFile.Parse(utf8, json));
            }
            catch (Exception e) when (e is JsonException or InvalidDataException)
            {
                problems.Add($"{file}:{line}", e is JsonException { Path: { } path } ? $"at {path}: {JsonFile.Cause(e)}" : JsonFile.Cause(e));
            }

            return true;
        }
    }
}
