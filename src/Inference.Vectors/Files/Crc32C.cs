using System.Numerics;
using System.Runtime.InteropServices;

namespace Inference.Vectors.Files;

/// <summary>CRC-32C (Castagnoli; RFC 3720, appendix B.4). <see cref="BitOperations.Crc32C(uint,ulong)"/> takes the instruction of x86 or Arm where there is one, and a table elsewhere.</summary>
public static class Crc32C
{
    /// <summary>The checksum of some bytes and of some others after them.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, ReadOnlySpan<byte> others = default) => ~Add(Add(uint.MaxValue, bytes), others);

    private static uint Add(uint crc, ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        foreach (ulong word in words)
            crc = BitOperations.Crc32C(crc, word);
        foreach (byte rest in bytes[(words.Length * sizeof(ulong))..])
            crc = BitOperations.Crc32C(crc, rest);
        return crc;
    }
}
