using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Inference.Vectors.Files;

namespace Inference.Storage.Embeddings;

/// <summary>
/// How an embedding is kept: a header of 24 bytes and the vector in half precision, all little-endian.
/// <code>
///  0  u16  magic "UE"
///  2  u8   version, 1
///  3  u8   element type, 1 = IEEE 754 binary16
///  4  u16  dimension, 1 to 65,535
///  6  u16  0
///  8  u64  stamp of the state that the embedding was made from
/// 16  u32  when it was written: seconds since 1970 UTC
/// 20  u32  CRC-32C of everything else
/// 24  f16 × dimension
/// </code>
/// A changed bit is noticed, and so is any change of length.
/// </summary>
internal static class EmbeddingCodec
{
    /// <summary>Bytes before the vector.</summary>
    public const int HeaderSize = 24;

    /// <summary>Largest magnitude of half precision.</summary>
    public const float MaxMagnitude = 65_504;

    /// <summary>Magic, version and element type.</summary>
    private const uint Kind = 0x0101_4555;

    private const int ChecksumAt = 20;

    /// <summary>Bytes of an encoded embedding.</summary>
    public static int SizeOf(int dimension) => HeaderSize + (dimension * sizeof(ushort));

    /// <summary>Whether half precision can hold a vector: as long as the header can say, finite, no value too large.</summary>
    public static bool CanEncode(ReadOnlySpan<float> embedding) =>
        embedding.Length is > 0 and <= ushort.MaxValue && Math.Abs(TensorPrimitives.MaxMagnitude(embedding)) <= MaxMagnitude;

    /// <summary>Encodes a vector that <see cref="CanEncode"/>.</summary>
    public static byte[] Encode(ReadOnlySpan<float> embedding, ulong stamp, DateTimeOffset written)
    {
        Debug.Assert(CanEncode(embedding), "The caller has looked.");
        Debug.Assert(BitConverter.IsLittleEndian, "The vector is copied as it lies in memory.");
        var encoded = new byte[SizeOf(embedding.Length)];
        BinaryPrimitives.WriteUInt32LittleEndian(encoded, Kind);
        BinaryPrimitives.WriteUInt16LittleEndian(encoded.AsSpan(4), (ushort)embedding.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(encoded.AsSpan(8), stamp);
        TensorPrimitives.ConvertToHalf(embedding, MemoryMarshal.Cast<byte, Half>(encoded.AsSpan(HeaderSize)));
        Seal(encoded, written);
        return encoded;
    }

    /// <summary>The same embedding, written now.</summary>
    public static byte[] Renew(ReadOnlySpan<byte> encoded, DateTimeOffset written)
    {
        byte[] renewed = encoded.ToArray();
        Seal(renewed, written);
        return renewed;
    }

    /// <summary>Whether bytes are a whole embedding as it was encoded. To be asked of what comes from elsewhere; all that follows here trusts it.</summary>
    public static bool IsSound(ReadOnlySpan<byte> encoded) =>
        encoded.Length > HeaderSize
        && BinaryPrimitives.ReadUInt32LittleEndian(encoded) == Kind
        && encoded.Length == SizeOf(DimensionOf(encoded))
        && BinaryPrimitives.ReadUInt32LittleEndian(encoded[ChecksumAt..]) == Checksum(encoded);

    public static int DimensionOf(ReadOnlySpan<byte> encoded) => BinaryPrimitives.ReadUInt16LittleEndian(encoded[4..]);

    public static ulong StampOf(ReadOnlySpan<byte> encoded) => BinaryPrimitives.ReadUInt64LittleEndian(encoded[8..]);

    public static DateTimeOffset WrittenOf(ReadOnlySpan<byte> encoded) => DateTimeOffset.FromUnixTimeSeconds(BinaryPrimitives.ReadUInt32LittleEndian(encoded[16..]));

    /// <summary>Copies the vector.</summary>
    /// <param name="embedding">As many floats as it has dimensions.</param>
    public static void Decode(ReadOnlySpan<byte> encoded, Span<float> embedding) => TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(encoded[HeaderSize..]), embedding);

    private static void Seal(Span<byte> encoded, DateTimeOffset written)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(encoded[16..], (uint)Math.Clamp(written.ToUnixTimeSeconds(), 0, uint.MaxValue));
        BinaryPrimitives.WriteUInt32LittleEndian(encoded[ChecksumAt..], Checksum(encoded));
    }

    private static uint Checksum(ReadOnlySpan<byte> encoded) => Crc32C.Of(encoded[..ChecksumAt], encoded[HeaderSize..]);
}
