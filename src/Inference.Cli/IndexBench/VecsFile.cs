using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Inference.Vectors;

namespace Inference.Cli.IndexBench;

/// <summary>Reads the .fvecs, .bvecs and .ivecs files of the TEXMEX data sets: each row is its length as an int32 and then so many fp32, uint8 or int32 elements, little-endian.</summary>
internal static class VecsFile
{
    /// <summary>Reads vectors.</summary>
    /// <param name="path">The file; its elements are fp32 unless it ends in .bvecs, and then uint8.</param>
    /// <exception cref="InvalidDataException">The file is cut, empty, has rows of different lengths, or holds NaN or infinity; the message names the file.</exception>
    public static VectorMatrix ReadMatrix(string path)
    {
        int elementSize = path.EndsWith(".bvecs", StringComparison.OrdinalIgnoreCase) ? 1 : sizeof(float);
        using FileStream file = File.OpenRead(path);
        (int count, int dimension) = ReadShape(file, elementSize, VectorMatrix.MaxDimension);
        byte[] buffer = new byte[sizeof(int) + dimension * elementSize];
        try
        {
            return VectorMatrix.Create(count, dimension, (row, elements) =>
            {
                ReadOnlySpan<byte> bytes = ReadRow(file, row, dimension, buffer);
                if (elementSize == sizeof(float))
                    MemoryMarshal.Cast<byte, float>(bytes).CopyTo(elements);
                else
                    Widen(bytes, elements);
            });
        }
        catch (ArgumentException notFinite)
        {
            throw new InvalidDataException($"{path}: {notFinite.Message}", notFinite);
        }
    }

    /// <summary>Reads rows of integers.</summary>
    /// <returns>One array for each row, all of one length.</returns>
    /// <exception cref="InvalidDataException">The file is cut, empty or has rows of different lengths; the message names the file.</exception>
    public static int[][] ReadIntegers(string path)
    {
        using FileStream file = File.OpenRead(path);
        (int count, int length) = ReadShape(file, sizeof(int), 1 << 20);
        byte[] buffer = new byte[sizeof(int) * (1 + length)];
        int[][] rows = new int[count][];
        for (int row = 0; row < count; row++)
            rows[row] = MemoryMarshal.Cast<byte, int>(ReadRow(file, row, length, buffer)).ToArray();
        return rows;
    }

    /// <summary>Writes rows of integers that all have the same length.</summary>
    public static void WriteIntegers(string path, IEnumerable<int[]> rows)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16);
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (int[] row in rows)
        {
            BinaryPrimitives.WriteInt32LittleEndian(length, row.Length);
            file.Write(length);
            file.Write(MemoryMarshal.AsBytes<int>(row));
        }
    }

    /// <summary>The first row says how long all rows are, and with the size of the file how many there are.</summary>
    private static (int Count, int Length) ReadShape(FileStream file, int elementSize, int longest)
    {
        Span<byte> prefix = stackalloc byte[sizeof(int)];
        if (file.ReadAtLeast(prefix, prefix.Length, throwOnEndOfStream: false) < prefix.Length)
            throw Invalid(file, "It is empty.");
        int length = BinaryPrimitives.ReadInt32LittleEndian(prefix);
        if (length < 1 || length > longest)
            throw Invalid(file, $"Its first row claims {length} elements; 1 to {longest} are read.");
        long rowBytes = sizeof(int) + (long)length * elementSize;
        if (file.Length % rowBytes != 0)
            throw Invalid(file, $"{file.Length} bytes are no whole number of rows of {length} elements: it is cut, or of another type.");
        if (file.Length / rowBytes > VectorMatrix.MaxCount)
            throw Invalid(file, $"It has {file.Length / rowBytes} rows; at most {VectorMatrix.MaxCount} are read.");
        file.Position = 0;
        return ((int)(file.Length / rowBytes), length);
    }

    private static ReadOnlySpan<byte> ReadRow(FileStream file, int row, int length, byte[] buffer)
    {
        file.ReadExactly(buffer);
        int claimed = BinaryPrimitives.ReadInt32LittleEndian(buffer);
        if (claimed != length)
            throw Invalid(file, $"Row {row} claims {claimed} elements; the rows before have {length}.");
        return buffer.AsSpan(sizeof(int));
    }

    private static void Widen(ReadOnlySpan<byte> bytes, Span<float> elements)
    {
        for (int i = 0; i < bytes.Length; i++)
            elements[i] = bytes[i];
    }

    private static InvalidDataException Invalid(FileStream file, string why) => new($"{file.Name}: {why}");
}
