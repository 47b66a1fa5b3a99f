using System.Buffers;
using System.Text.Json;

namespace Inference.Towers.Bundles;

/// <summary>Reads files with one JSON object per line, in memory of one line, and reports what is wrong by line.</summary>
internal static class JsonLines
{
    /// <summary>Longest line.</summary>
    public const int MaxLineBytes = 4 << 20;

    private const int FirstBufferBytes = 256 << 10;

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Receives a line.</summary>
    /// <param name="line">Its number, from 1.</param>
    /// <param name="utf8">Its content without white space around it and without a byte order mark; not empty.</param>
    /// <exception cref="JsonException">It is no JSON of the right shape.</exception>
    /// <exception cref="InvalidDataException">Likewise.</exception>
    public delegate void Receive(int line, ReadOnlySpan<byte> utf8);

    /// <summary>Reads all lines.</summary>
    /// <param name="stream">UTF-8; empty lines are passed over. Not buffered itself.</param>
    /// <param name="maxLines">Most lines with a value.</param>
    /// <param name="maxBytes">Most bytes of the stream: a small compressed file can hold a huge one.</param>
    /// <param name="file">Name in messages.</param>
    /// <param name="receive">Receives line after line.</param>
    public static void Read(Stream stream, int maxLines, long maxBytes, string file, BundleProblems problems, Receive receive, CancellationToken cancellationToken)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
        try
        {
            Read(stream, ref buffer, maxLines, maxBytes, file, problems, receive, cancellationToken);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static void Read(Stream stream, ref byte[] buffer, int maxLines, long maxBytes, string file, BundleProblems problems, Receive receive, CancellationToken cancellationToken)
    {
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
                if (!TryReceive(buffer.AsSpan(start, length)))
                    return;
            }

            if (read == 0)
            {
                TryReceive(buffer.AsSpan(start, filled - start));
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

            byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
            buffer.CopyTo(larger, 0);
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = larger;
        }

        bool TryReceive(ReadOnlySpan<byte> utf8)
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
                receive(line, utf8.StartsWith(ByteOrderMark) ? utf8[ByteOrderMark.Length..] : utf8);
            }
            catch (Exception e) when (e is JsonException or InvalidDataException)
            {
                problems.Add($"{file}:{line}", e is JsonException { Path: { } path } ? $"at {path}: {JsonFile.Cause(e)}" : JsonFile.Cause(e));
            }

            return true;
        }
    }
}
