using System.Buffers.Binary;
using Inference.Vectors.Files;

namespace Fuzz.Targets;

/// <summary>Makes the checksums of an index file right, as far as its tables still say where what lies.</summary>
internal static class IndexRepair
{
    private const int TableOffset = 64, ParameterBytes = 40, SectionBytes = 48, NameBytes = 24;

    public static void Run(byte[] file)
    {
        if (file.Length < IndexFileHeader.Bytes)
            return;
        uint parameters = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(40)), sections = BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(44));
        long table = TableOffset + ((long)parameters * ParameterBytes);
        for (long i = 0; i < sections && table + ((i + 1) * SectionBytes) <= IndexFileHeader.Bytes; i++)
        {
            Span<byte> entry = file.AsSpan((int)(table + (i * SectionBytes)), SectionBytes);
            long offset = BinaryPrimitives.ReadInt64LittleEndian(entry[NameBytes..]), length = BinaryPrimitives.ReadInt64LittleEndian(entry[(NameBytes + 8)..]);
            if (offset < 0 || length < 0 || offset > file.Length || length > file.Length - offset)
                continue;
            int end = (int)Math.Min(file.Length, offset + IndexFileHeader.RoundUp(length));
            if ((end - offset) % 32 == 0)
                BinaryPrimitives.WriteUInt32LittleEndian(entry[(NameBytes + 16)..], Checksum.Combine([.. Chunks(file, (int)offset, end)]));
        }

        BinaryPrimitives.WriteInt64LittleEndian(file.AsSpan(32), file.Length);
        file.AsSpan(52, 4).Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(52), Checksum.OfChunk(file.AsSpan(0, IndexFileHeader.Bytes)));
    }

    private static IEnumerable<uint> Chunks(byte[] file, int start, int end)
    {
        for (int at = start; at < end; at += Checksum.ChunkBytes)
            yield return Checksum.OfChunk(file.AsSpan(at, Math.Min(Checksum.ChunkBytes, end - at)));
    }
}
