using System.Buffers.Binary;
using System.Text;
using Inference.Recommendations.Users;
using Inference.Vectors.Files;

namespace Inference.Storage.Users;

/// <summary>
/// Interactions as bytes. A value is a header and one entry after another; numbers are little-endian but for the key, whose bytes sort as it does.
/// <code>
///  value   "RSU" │ version u8 = 1 │ count u32 │ entry …
///  entry   length u16, all of it │ version u8 = 1 │ type u8 │ time i64, Unix µs │ event key u64, big-endian │ value f32 │ item id, UTF-8 │ CRC-32C u32 of what is before
/// </code>
/// The scripts in <see cref="UserScripts"/> know the places of length, time and key.
/// </summary>
internal static class InteractionCodec
{
    /// <summary>Bytes of a value's header.</summary>
    public const int HeaderSize = 8;

    /// <summary>Bytes of an entry without its item id.</summary>
    public const int EntryOverhead = 28;

    /// <summary>Most bytes of an entry that is read: a longer one is damaged.</summary>
    public const int MostEntryBytes = EntryOverhead + 4096;

    private const byte Version = 1;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly long FirstTime = Microseconds(DateTimeOffset.MinValue), LastTime = Microseconds(DateTimeOffset.MaxValue);

    private static ReadOnlySpan<byte> Magic => "RSU\x01"u8;

    /// <summary>An interaction as an entry.</summary>
    /// <exception cref="ArgumentException">The item id is longer than an entry may be, or no text.</exception>
    public static byte[] Encode(in Interaction interaction)
    {
        int idBytes = StrictUtf8.GetByteCount(interaction.ItemId);
        var entry = new byte[EntryOverhead + idBytes];
        if (entry.Length > MostEntryBytes)
            throw new ArgumentException($"The item id has {idBytes} bytes.", nameof(interaction));
        BinaryPrimitives.WriteUInt16LittleEndian(entry, (ushort)entry.Length);
        entry[2] = Version;
        entry[3] = (byte)interaction.Type;
        BinaryPrimitives.WriteInt64LittleEndian(entry.AsSpan(4), Microseconds(interaction.Time));
        BinaryPrimitives.WriteUInt64BigEndian(entry.AsSpan(12), interaction.EventKey);
        BinaryPrimitives.WriteSingleLittleEndian(entry.AsSpan(20), interaction.Value);
        StrictUtf8.GetBytes(interaction.ItemId, entry.AsSpan(24));
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(entry.Length - 4), Crc32C.Of(entry.AsSpan(0, entry.Length - 4)));
        return entry;
    }

    /// <summary>Takes the first entry off some bytes.</summary>
    /// <returns>Whether there was a whole and undamaged one.</returns>
    public static bool TryRead(ref ReadOnlySpan<byte> bytes, out Interaction interaction)
    {
        interaction = default;
        if (bytes.Length < EntryOverhead + 1)
            return false;
        int length = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
        if (length is < EntryOverhead + 1 or > MostEntryBytes || length > bytes.Length)
            return false;
        ReadOnlySpan<byte> entry = bytes[..length];
        if (BinaryPrimitives.ReadUInt32LittleEndian(entry[^4..]) != Crc32C.Of(entry[..^4]) || entry[2] != Version)
            return false;
        var type = (InteractionType)entry[3];
        long time = BinaryPrimitives.ReadInt64LittleEndian(entry[4..]);
        float value = BinaryPrimitives.ReadSingleLittleEndian(entry[20..]);
        if (type is < InteractionType.View or > InteractionType.Skip || time < FirstTime || time > LastTime || !float.IsFinite(value) || !TryText(entry[24..^4], out string itemId))
            return false;
        interaction = new Interaction(BinaryPrimitives.ReadUInt64BigEndian(entry[12..]), itemId, type, DateTimeOffset.UnixEpoch.AddTicks(time * TimeSpan.TicksPerMicrosecond), value);
        bytes = bytes[length..];
        return true;
    }

    /// <summary>Interactions as a value, in the order given.</summary>
    public static byte[] EncodeAll(IReadOnlyList<Interaction> interactions)
    {
        using var stream = new MemoryStream();
        Span<byte> header = stackalloc byte[HeaderSize];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteInt32LittleEndian(header[4..], interactions.Count);
        stream.Write(header);
        for (int i = 0; i < interactions.Count; i++)
            stream.Write(Encode(interactions[i]));
        return stream.ToArray();
    }

    /// <summary>Reads a value, in any order of entries and with repetitions.</summary>
    /// <returns>Whether all of it is whole and undamaged; otherwise there is no log.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> value, int most, out InteractionLog log)
    {
        log = InteractionLog.Empty;
        if (value.Length < HeaderSize || !value[..4].SequenceEqual(Magic))
            return false;
        uint count = BinaryPrimitives.ReadUInt32LittleEndian(value[4..]);
        ReadOnlySpan<byte> rest = value[HeaderSize..];
        // The bytes bound the count before memory is taken for it.
        if (count > rest.Length / (EntryOverhead + 1))
            return false;
        var interactions = new Interaction[count];
        for (int i = 0; i < interactions.Length; i++)
        {
            if (!TryRead(ref rest, out interactions[i]))
                return false;
        }

        if (!rest.IsEmpty)
            return false;
        log = InteractionLog.Of(interactions, most);
        return true;
    }

    /// <summary>Whole microseconds since 1970, rounded down.</summary>
    private static long Microseconds(DateTimeOffset time) => (time.UtcTicks / TimeSpan.TicksPerMicrosecond) - (DateTimeOffset.UnixEpoch.Ticks / TimeSpan.TicksPerMicrosecond);

    private static bool TryText(ReadOnlySpan<byte> utf8, out string text)
    {
        text = "";
        try
        {
            text = StrictUtf8.GetString(utf8);
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }
}
