using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Inference.Recommendations.Fusion;
using Inference.Vectors;
using Inference.Vectors.Files;
using Microsoft.Win32.SafeHandles;

namespace Inference.Towers.Fusion;

/// <summary>Rows of weighted columns in a file, little-endian.</summary>
/// <remarks>
/// <list type="table">
/// <item><term>0</term><description>"RECLISTS", 8 bytes of ASCII</description></item>
/// <item><term>8</term><description>version, uint32: 1</description></item>
/// <item><term>12</term><description>type of the weights, uint32: 32 for fp32, 16 for fp16</description></item>
/// <item><term>16</term><description>rows, columns, entries: int64 each</description></item>
/// <item><term>40</term><description>CRC-32C of what follows the header, uint32</description></item>
/// <item><term>44</term><description>CRC-32C of the 44 bytes before, uint32</description></item>
/// <item><term>48</term><description>rows + 1 offsets, int32; entries columns, int32; entries weights</description></item>
/// </list>
/// </remarks>
internal static class WeightedListsFile
{
    public const int HeaderBytes = 48;
    private const uint Version = 1;

    /// <summary>Most bytes behind the header: what one array can hold, 2 GB.</summary>
    private static readonly long MostBytes = Array.MaxLength;

    /// <summary>Most rows where nothing else says how many there are.</summary>
    private const int MostRows = UserNeighbourSource.MostUsers;

    private static ReadOnlySpan<byte> Magic => "RECLISTS"u8;

    /// <summary>Writes lists; with weights of 16 bits where that loses nothing.</summary>
    /// <exception cref="ArgumentException">They are too large for one file.</exception>
    public static void Write(string path, WeightedLists lists)
    {
        bool isHalf = TryHalve(lists.Weights, out Half[] halves);
        ReadOnlySpan<byte> offsets = MemoryMarshal.AsBytes(lists.Offsets), columns = MemoryMarshal.AsBytes(lists.Columns);
        ReadOnlySpan<byte> weights = isHalf ? MemoryMarshal.AsBytes<Half>(halves) : MemoryMarshal.AsBytes(lists.Weights);
        long bytes = (long)offsets.Length + columns.Length + weights.Length;
        if (bytes > MostBytes)
            throw new ArgumentException($"{lists.RowCount} lists of {lists.Columns.Length} entries take {bytes} bytes; a file of lists has at most {MostBytes} behind its header.", nameof(lists));
        byte[] body = new byte[bytes];
        offsets.CopyTo(body);
        columns.CopyTo(body.AsSpan(offsets.Length));
        weights.CopyTo(body.AsSpan(offsets.Length + columns.Length));

        byte[] header = new byte[HeaderBytes];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), Version);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), isHalf ? 16u : 32u);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(16), lists.RowCount);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(24), lists.ColumnCount);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), lists.Columns.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(40), Crc32C.Of(body));
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(44), Crc32C.Of(header.AsSpan(0, 44)));
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.Write, FileShare.None);
        file.Write(header);
        file.Write(body);
    }

    /// <summary>Reads lists that must have so many rows and columns.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">Null for any number up to a million.</param>
    /// <param name="columns">Columns.</param>
    /// <exception cref="InvalidDataException">It is no such file, cut, damaged, or of other extents; the message says which.</exception>
    public static WeightedLists Read(string path, int? rows, int columns)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.SequentialScan);
        long length = RandomAccess.GetLength(file);
        if (length < HeaderBytes)
            throw new InvalidDataException($"has {length} bytes; a header alone has {HeaderBytes}.");
        Span<byte> header = stackalloc byte[HeaderBytes];
        ReadExactly(file, header, offset: 0);
        if (!header.StartsWith(Magic))
            throw new InvalidDataException("is no file of weighted lists.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[8..]) is not Version and uint version)
            throw new InvalidDataException($"is of version {version}; this server reads {Version}.");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header[44..]) != Crc32C.Of(header[..44]))
            throw new InvalidDataException("has a damaged header.");
        uint bits = BinaryPrimitives.ReadUInt32LittleEndian(header[12..]);
        long hasRows = BinaryPrimitives.ReadInt64LittleEndian(header[16..]), hasColumns = BinaryPrimitives.ReadInt64LittleEndian(header[24..]);
        long entries = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        if (bits is not (16 or 32))
            throw new InvalidDataException($"has weights of {bits} bits; 16 and 32 are known.");
        if (rows is null && hasRows is < 1 or > MostRows)
            throw new InvalidDataException($"has {hasRows} rows; 1 to {MostRows} are possible.");
        if (hasRows != (rows ?? hasRows) || hasColumns != columns)
            throw new InvalidDataException($"has {hasRows} rows of {hasColumns} columns; {rows ?? hasRows} of {columns} are needed.");
        if (length - HeaderBytes > MostBytes)
            throw new InvalidDataException($"has {length} bytes; a file of lists has at most {MostBytes} behind its header: keep fewer columns of each row.");
        long offsetBytes = 4 * (hasRows + 1);
        // Of 128 bits: a header may say anything.
        Int128 expected = offsetBytes + ((Int128)entries * (4 + (bits / 8)));
        if (entries < 0 || length - HeaderBytes != expected)
            throw new InvalidDataException($"has {length - HeaderBytes} bytes behind its header; {entries} entries need {expected}.");

        byte[] body = new byte[(long)expected];
        ReadExactly(file, body, HeaderBytes);
        if (Crc32C.Of(body) != BinaryPrimitives.ReadUInt32LittleEndian(header[40..]))
            throw new InvalidDataException("is damaged: its checksum is another one.");
        int[] offsets = MemoryMarshal.Cast<byte, int>(body.AsSpan(0, (int)offsetBytes)).ToArray();
        int[] targets = MemoryMarshal.Cast<byte, int>(body.AsSpan((int)offsetBytes, (int)entries * 4)).ToArray();
        ReadOnlySpan<byte> raw = body.AsSpan((int)(offsetBytes + (entries * 4)));
        float[] weights = new float[entries];
        if (bits == 32)
            MemoryMarshal.Cast<byte, float>(raw).CopyTo(weights);
        else
            TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(raw), weights);
        try
        {
            return new WeightedLists(offsets, targets, weights, columns);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException(e.Message, e);
        }
    }

    private static void ReadExactly(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        int read = FilePieces.Read(file, bytes, offset);
        if (read < bytes.Length)
            throw new InvalidDataException($"was cut while it was read: it ends at byte {offset + read}.");
    }

    private static bool TryHalve(ReadOnlySpan<float> weights, out Half[] halves)
    {
        halves = new Half[weights.Length];
        TensorPrimitives.ConvertToHalf(weights, halves);
        for (int i = 0; i < halves.Length; i++)
        {
            if ((float)halves[i] != weights[i])
                return false;
        }

        return true;
    }
}
