using System.Buffers.Binary;
using System.Text;

namespace Inference.Vectors.Files;

/// <summary>One section of an index file.</summary>
/// <param name="Name">1 to 24 printable ASCII characters.</param>
/// <param name="Offset">Bytes from the start of the file; a multiple of <see cref="IndexFileHeader.Alignment"/>.</param>
/// <param name="Length">Bytes without the zeros up to the next multiple of the alignment.</param>
/// <param name="Checksum">Of the bytes with these zeros, see <see cref="Files.Checksum"/>.</param>
internal readonly record struct IndexFileSection(string Name, long Offset, long Length, uint Checksum)
{
    /// <summary>Bytes in the file, with the zeros.</summary>
    public long PaddedLength => IndexFileHeader.RoundUp(Length);
}

/// <summary>A named number of an index file: a whole one, or the bits of a double.</summary>
internal readonly record struct IndexFileParameter(string Name, bool IsReal, long Bits);

/// <summary>The first 4,096 bytes of an index file.</summary>
/// <remarks>
/// Little-endian; what is not named is zero.
/// <code>
///    0  magic bytes             32  length of the file (8)          64  parameters, 40 bytes each:
///    8  format version (4)      40  number of parameters (4)            name (24), type (4): 1 whole, 2 real, zero (4), value (8)
///   12  0x01020304 (4)          44  number of sections (4)              then sections, 48 bytes each:
///   16  kind (4)                48  zero (4)                            name (24), offset (8), length (8), checksum (4), zero (4)
///   20  metric (4)              52  checksum of these 4,096 bytes
///   24  dimension (4)               with zero in this place (4)
///   28  count (4)               56  zero (8)
/// </code>
/// Sections follow in the order of the table, each from the next multiple of 4,096 on, the last one filled with zeros to such a multiple: the table decides every
/// offset, and every byte of the file is under a checksum.
/// </remarks>
internal sealed class IndexFileHeader
{
    /// <summary>The newest format that is read, and the one that is written.</summary>
    public const int Version = 1;

    /// <summary>Bytes of the header, and what sections are aligned to: a page of memory.</summary>
    public const int Bytes = 4096, Alignment = 4096;

    private const int NameBytes = 24, ParameterBytes = 40, SectionBytes = 48, TableOffset = 64, ChecksumOffset = 52;
    private const uint ByteOrder = 0x01020304;

    /// <summary>Begins with no ASCII and holds both line ends, as PNG does: a transfer that treats it as text shows at once.</summary>
    private static ReadOnlySpan<byte> Magic => [0x89, (byte)'V', (byte)'I', (byte)'X', (byte)'\r', (byte)'\n', 0x1A, (byte)'\n'];

    public required IndexKind Kind { get; init; }

    public required Metric Metric { get; init; }

    public required int Dimension { get; init; }

    /// <summary>Row numbers of the index.</summary>
    public required int Count { get; init; }

    public required IReadOnlyList<IndexFileParameter> Parameters { get; init; }

    public required IReadOnlyList<IndexFileSection> Sections { get; init; }

    public static long RoundUp(long length) => (length + Alignment - 1) & -Alignment;

    /// <summary>Whether a section or parameter can have this name.</summary>
    public static bool IsName(string name) => name.Length is > 0 and <= NameBytes && name.All(static c => c is > ' ' and <= '~');

    /// <summary>Whether a table of this size fits into the header.</summary>
    public static bool HasRoomFor(int parameters, int sections) => TableOffset + (long)parameters * ParameterBytes + (long)sections * SectionBytes <= Bytes;

    /// <summary>The bytes of the header.</summary>
    public byte[] Write()
    {
        var header = new byte[Bytes];
        Magic.CopyTo(header);
        PutUInt32(header, 8, Version);
        PutUInt32(header, 12, ByteOrder);
        PutUInt32(header, 16, (uint)Kind);
        PutUInt32(header, 20, (uint)Metric);
        PutUInt32(header, 24, (uint)Dimension);
        PutUInt32(header, 28, (uint)Count);
        BinaryPrimitives.WriteInt64LittleEndian(header.AsSpan(32), Bytes + Sections.Sum(static section => section.PaddedLength));
        PutUInt32(header, 40, (uint)Parameters.Count);
        PutUInt32(header, 44, (uint)Sections.Count);
        Span<byte> rest = header.AsSpan(TableOffset);
        foreach (IndexFileParameter parameter in Parameters)
        {
            Encoding.ASCII.GetBytes(parameter.Name, rest);
            PutUInt32(rest, NameBytes, parameter.IsReal ? 2u : 1u);
            BinaryPrimitives.WriteInt64LittleEndian(rest[(NameBytes + 8)..], parameter.Bits);
            rest = rest[ParameterBytes..];
        }
        foreach (IndexFileSection section in Sections)
        {
            Encoding.ASCII.GetBytes(section.Name, rest);
            BinaryPrimitives.WriteInt64LittleEndian(rest[NameBytes..], section.Offset);
            BinaryPrimitives.WriteInt64LittleEndian(rest[(NameBytes + 8)..], section.Length);
            PutUInt32(rest, NameBytes + 16, section.Checksum);
            rest = rest[SectionBytes..];
        }
        PutUInt32(header, ChecksumOffset, Checksum.OfChunk(header));
        return header;
    }

    /// <summary>Reads a header and holds all that it says against the length of the file.</summary>
    /// <param name="header">The first 4,096 bytes, or all there are.</param>
    /// <param name="fileLength">Bytes of the file.</param>
    /// <exception cref="InvalidDataException">What is wrong.</exception>
    public static IndexFileHeader Read(ReadOnlySpan<byte> header, long fileLength)
    {
        if (header.IsEmpty)
            throw new InvalidDataException("The file is empty.");
        ReadOnlySpan<byte> start = header[..Math.Min(header.Length, Magic.Length)];
        if (!Magic.StartsWith(start))
            throw new InvalidDataException($"It does not begin with the magic bytes of an index file: {Convert.ToHexString(Magic)} expected, {Convert.ToHexString(start)} found.");
        if (header.Length < Bytes)
            throw new InvalidDataException($"It ends within the header: {Bytes} bytes expected, {header.Length} found.");
        uint version = UInt32(header, 8);
        if (version > Version)
            throw new InvalidDataException($"It has format version {version}; this program reads versions up to {Version}.");
        if (version == 0)
            throw new InvalidDataException($"Format version 0 does not exist: 1 to {Version} expected.");
        if (UInt32(header, 12) != ByteOrder)
            throw new InvalidDataException($"Its byte order is not little-endian: mark {ByteOrder:X8} expected, {UInt32(header, 12):X8} found.");
        byte[] unsigned = header.ToArray();
        PutUInt32(unsigned, ChecksumOffset, 0);
        uint checksum = Checksum.OfChunk(unsigned);
        if (checksum != UInt32(header, ChecksumOffset))
            throw new InvalidDataException($"The header is damaged: its checksum should be {UInt32(header, ChecksumOffset):X8} and is {checksum:X8}.");
        long length = BinaryPrimitives.ReadInt64LittleEndian(header[32..]);
        if (length != fileLength)
            throw new InvalidDataException($"The file was cut or continued: the header says {length} bytes, there are {fileLength}.");
        return ReadChecked(header, fileLength);
    }

    /// <summary>The checksum held, so what is wrong from here on was written so.</summary>
    private static IndexFileHeader ReadChecked(ReadOnlySpan<byte> header, long fileLength)
    {
        uint parameters = Ranged(header, 40, "number of parameters", 0, Bytes);
        uint sections = Ranged(header, 44, "number of sections", 0, Bytes);
        if (!HasRoomFor((int)parameters, (int)sections))
            throw new InvalidDataException($"{parameters} parameters and {sections} sections do not fit into a header of {Bytes} bytes.");
        ReadOnlySpan<byte> rest = header[TableOffset..];
        var parameterTable = new IndexFileParameter[parameters];
        foreach (ref IndexFileParameter parameter in parameterTable.AsSpan())
        {
            uint type = Ranged(rest, NameBytes, "type of a parameter", 1, 2);
            parameter = new IndexFileParameter(Name(rest), type == 2, BinaryPrimitives.ReadInt64LittleEndian(rest[(NameBytes + 8)..]));
            rest = rest[ParameterBytes..];
        }
        var sectionTable = new IndexFileSection[sections];
        long end = Bytes;
        foreach (ref IndexFileSection section in sectionTable.AsSpan())
        {
            section = new IndexFileSection(
                Name(rest), BinaryPrimitives.ReadInt64LittleEndian(rest[NameBytes..]), BinaryPrimitives.ReadInt64LittleEndian(rest[(NameBytes + 8)..]), UInt32(rest, NameBytes + 16));
            if (section.Offset != end)
                throw new InvalidDataException($"Section '{section.Name}' should begin at byte {end} and begins at {section.Offset}.");
            if (section.Length < 0 || section.Length > fileLength - end)
                throw new InvalidDataException($"Section '{section.Name}' claims {section.Length} bytes; from its start on the file has {fileLength - end}.");
            end += section.PaddedLength;
            rest = rest[SectionBytes..];
        }
        if (end != fileLength)
            throw new InvalidDataException($"The sections end at byte {end}, the file at {fileLength}.");
        ThrowIfRepeated(parameterTable.Select(static parameter => parameter.Name), "parameter");
        ThrowIfRepeated(sectionTable.Select(static section => section.Name), "section");
        return new IndexFileHeader
        {
            Kind = (IndexKind)Ranged(header, 16, "kind of index", (uint)IndexKind.Flat, (uint)IndexKind.Compact),
            Metric = (Metric)Ranged(header, 20, "metric", (uint)Metric.InnerProduct, (uint)Metric.L2),
            Dimension = (int)Ranged(header, 24, "dimension", 1, VectorMatrix.MaxDimension),
            Count = (int)Ranged(header, 28, "number of rows", 0, VectorMatrix.MaxCount),
            Parameters = parameterTable,
            Sections = sectionTable,
        };
    }

    private static uint Ranged(ReadOnlySpan<byte> bytes, int offset, string what, uint least, uint most)
    {
        uint value = UInt32(bytes, offset);
        return value >= least && value <= most ? value : throw new InvalidDataException($"The {what} should be {least} to {most} and is {value}.");
    }

    private static string Name(ReadOnlySpan<byte> entry)
    {
        string name = Encoding.Latin1.GetString(entry[..NameBytes]).TrimEnd('\0');
        return IsName(name) ? name : throw new InvalidDataException($"A name in the header should be 1 to {NameBytes} printable characters and is {Convert.ToHexString(entry[..NameBytes])}.");
    }

    private static void ThrowIfRepeated(IEnumerable<string> names, string what)
    {
        var seen = new HashSet<string>();
        foreach (string name in names)
        {
            if (!seen.Add(name))
                throw new InvalidDataException($"There are two entries for {what} '{name}'.");
        }
    }

    private static uint UInt32(ReadOnlySpan<byte> bytes, int offset) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[offset..]);

    private static void PutUInt32(Span<byte> bytes, int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(bytes[offset..], value);
}
