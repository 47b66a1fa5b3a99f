using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Inference.Vectors.Files;

/// <summary>Types of elements that are read from .npy files.</summary>
internal enum NpyType
{
    Float32,
    Float16,
    Int8,
    UInt8,
    Int32,
    Int64,
}

/// <summary>The header of a .npy file: what the elements are and how they lie.</summary>
/// <remarks>
/// The format (NumPy enhancement proposal 1 and numpy.lib.format): the magic bytes, a version, the length of the header (16 bits in version 1, 32 in 2 and 3), and a
/// Python dictionary literal with exactly the keys descr, fortran_order and shape.
/// </remarks>
/// <param name="Type">Type of the elements.</param>
/// <param name="Rows">First extent.</param>
/// <param name="Columns">Second extent.</param>
/// <param name="DataOffset">Bytes from the start of the file to the first element.</param>
internal readonly record struct NpyHeader(NpyType Type, int Rows, int Columns, int DataOffset)
{
    /// <summary>More than any header of a plain matrix has; a larger one is damage or an attack.</summary>
    private const int MaxLength = 1 << 16;

    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>Bytes of an element.</summary>
    public int ElementSize => SizeOf(Type);

    /// <summary>Whether the elements are row numbers or counts, which fp32 would round, and no parts of vectors.</summary>
    public bool IsWhole => Type is NpyType.Int32 or NpyType.Int64;

    /// <summary>Reads the header and holds the size it promises against the size of the file, so that nothing is allocated for what is not there.</summary>
    /// <exception cref="InvalidDataException">What is wrong with the file.</exception>
    public static NpyHeader Read(Stream file)
    {
        Span<byte> prefix = stackalloc byte[12];
        ReadExactly(file, prefix[..10]);
        if (!prefix.StartsWith(Magic))
            throw new InvalidDataException("It does not begin with the .npy magic bytes.");
        int major = prefix[6];
        if (major is not (1 or 2 or 3) || prefix[7] != 0)
            throw new InvalidDataException($"Format version {major}.{prefix[7]} is unknown; versions 1.0, 2.0 and 3.0 are read.");
        long length = BinaryPrimitives.ReadUInt16LittleEndian(prefix[8..]);
        int offset = 10;
        if (major > 1)
        {
            ReadExactly(file, prefix[10..]);
            length = BinaryPrimitives.ReadUInt32LittleEndian(prefix[8..]);
            offset = 12;
        }
        if (length > MaxLength)
            throw new InvalidDataException($"The header claims {length} bytes; at most {MaxLength} are read.");
        byte[] text = new byte[length];
        ReadExactly(file, text);
        NpyHeader header = new NpyDictionary(Encoding.Latin1.GetString(text)).Parse() with { DataOffset = offset + text.Length };
        UInt128 expected = (UInt128)(uint)header.Rows * (uint)header.Columns * (uint)header.ElementSize;
        if (expected != (UInt128)(file.Length - header.DataOffset))
            throw new InvalidDataException($"A shape of ({header.Rows}, {header.Columns}) takes {expected} bytes of elements; the file has {file.Length - header.DataOffset}.");
        return header;
    }

    /// <summary>The bytes before the elements of a C-ordered fp32 matrix, padded so that these start on a 64-byte boundary.</summary>
    public static byte[] OfFloat32(int rows, int columns)
    {
        string dictionary = string.Create(CultureInfo.InvariantCulture, $"{{'descr': '<f4', 'fortran_order': False, 'shape': ({rows}, {columns}), }}");
        int total = (10 + dictionary.Length + 1 + 63) / 64 * 64;
        byte[] bytes = new byte[total];
        Magic.CopyTo(bytes);
        bytes[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(8), (ushort)(total - 10));
        bytes.AsSpan(10).Fill((byte)' ');
        Encoding.ASCII.GetBytes(dictionary, bytes.AsSpan(10));
        bytes[^1] = (byte)'\n';
        return bytes;
    }

    public static int SizeOf(NpyType type) => type switch { NpyType.Float32 or NpyType.Int32 => 4, NpyType.Float16 => 2, NpyType.Int64 => 8, _ => 1 };

    private static void ReadExactly(Stream file, Span<byte> bytes)
    {
        if (file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
            throw new InvalidDataException("It ends within the header.");
    }
}
