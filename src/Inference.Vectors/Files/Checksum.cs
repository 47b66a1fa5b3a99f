using System.Numerics;
using System.Runtime.InteropServices;

namespace Inference.Vectors.Files;

/// <summary>The checksum of index files: CRC-32C (Castagnoli) in lanes and chunks, so that one core checks at the speed of its memory and several share the work.</summary>
/// <remarks>
/// <list type="number">
/// <item>A chunk is 1 MiB, the last one of a section what is left. Its 64-bit little-endian word i goes to lane i mod 4; each lane is a CRC that begins with all ones.</item>
/// <item>The checksum of a chunk is the CRC of its four lanes, and that of a section the CRC of its chunks' checksums.</item>
/// </list>
/// It finds damage, not forgery. The instruction is that of <see cref="BitOperations.Crc32C(uint, ulong)"/>: hardware on x64 and Arm, tables elsewhere.
/// </remarks>
internal static class Checksum
{
    /// <summary>Bytes of a whole chunk.</summary>
    public const int ChunkBytes = 1 << 20;

    /// <summary>One word of each lane: lengths are multiples of it.</summary>
    private const int GroupBytes = 4 * sizeof(ulong);

    /// <summary>The checksum of a chunk.</summary>
    /// <param name="chunk">A multiple of 32 bytes.</param>
    public static uint OfChunk(ReadOnlySpan<byte> chunk)
    {
        if (chunk.Length % GroupBytes != 0)
            throw new ArgumentException($"{chunk.Length} bytes are no whole number of groups of {GroupBytes}.", nameof(chunk));
        uint a = uint.MaxValue, b = uint.MaxValue, c = uint.MaxValue, d = uint.MaxValue;
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(chunk);
        for (; words.Length >= 4; words = words[4..])
        {
            a = BitOperations.Crc32C(a, words[0]);
            b = BitOperations.Crc32C(b, words[1]);
            c = BitOperations.Crc32C(c, words[2]);
            d = BitOperations.Crc32C(d, words[3]);
        }
        return Combine([a, b, c, d]);
    }

    /// <summary>The CRC of CRCs.</summary>
    public static uint Combine(ReadOnlySpan<uint> parts)
    {
        uint sum = uint.MaxValue;
        foreach (uint part in parts)
            sum = BitOperations.Crc32C(sum, part);
        return sum;
    }
}
