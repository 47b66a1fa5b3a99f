using System.Globalization;
using Inference.Recommendations.Users;

namespace Inference.Storage.Decisions;

/// <summary>Takes the keys of forgotten users out of the files of a log, in place: a key and what it is replaced with, zeros, have the same length, so files may be read and appended to meanwhile.</summary>
internal static class ForgottenKeys
{
    private const int BufferSize = 1 << 20;
    private const int HexLength = 2 * UserKey.Size;

    private static ReadOnlySpan<byte> Property => "\"user\":\""u8;

    private static ReadOnlySpan<byte> Zeros => "00000000000000000000000000000000"u8;

    /// <summary>Takes them out of all files.</summary>
    /// <returns>From how many lines.</returns>
    /// <exception cref="IOException">A file could not be read or written; others may have been.</exception>
    public static int TakeOut(string folder, IReadOnlySet<UserKey> users, CancellationToken cancellationToken)
    {
        int lines = 0;
        byte[] buffer = new byte[BufferSize];
        foreach (string path in DecisionFiles.In(folder))
        {
            try
            {
                using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
                lines += TakeOut(file, buffer, users, cancellationToken);
            }
            catch (FileNotFoundException)
            {
                // It was the oldest.
            }
        }

        return lines;
    }

    private static int TakeOut(FileStream file, byte[] buffer, IReadOnlySet<UserKey> users, CancellationToken cancellationToken)
    {
        int lines = 0, kept = 0;
        long start = 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            int read = RandomAccess.Read(file.SafeFileHandle, buffer.AsSpan(kept), start + kept);
            int length = kept + read;
            ReadOnlySpan<byte> bytes = buffer.AsSpan(0, length);
            int at = 0;
            while (bytes[at..].IndexOf(Property) is >= 0 and int found && at + found + Property.Length + HexLength <= length)
            {
                int key = at + found + Property.Length;
                if (TryParse(bytes.Slice(key, HexLength), out UserKey user) && users.Contains(user))
                {
                    RandomAccess.Write(file.SafeFileHandle, Zeros, start + key);
                    lines++;
                }

                at = key;
            }

            if (read == 0)
                return lines;
            // What may be the beginning of a key is read again.
            kept = Math.Min(length - at, Property.Length + HexLength);
            bytes[(length - kept)..].CopyTo(buffer);
            start += length - kept;
        }
    }

    private static bool TryParse(ReadOnlySpan<byte> hex, out UserKey user)
    {
        user = default;
        if (!ulong.TryParse(hex[..UserKey.Size], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong high)
            || !ulong.TryParse(hex[UserKey.Size..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong low))
            return false;
        user = new UserKey(high, low);
        return true;
    }
}
