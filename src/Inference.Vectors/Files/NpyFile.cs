using System.Buffers;
using System.Buffers.Binary;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Inference.Vectors.Files;

namespace Inference.Vectors;

/// <summary>Reads and writes matrices as NumPy's .npy files: two dimensions, C order, little-endian.</summary>
/// <remarks>Elements are fp32, or fp16, int8 and uint8 that are widened to fp32; fp64 is refused, for it would lose digits silently. Row numbers are int32 or int64. Format versions 1 to 3.</remarks>
public static class NpyFile
{
    private const int BufferBytes = FilePieces.Bytes;

    /// <summary>Reads a matrix straight into the layout of the kernels.</summary>
    /// <exception cref="InvalidDataException">The file is no such matrix, is cut or has more than its header says, or holds NaN or infinity; the message names the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static VectorMatrix ReadMatrix(string path)
    {
        using FileStream file = Open(path);
        NpyHeader header = ReadHeader(file, isWhole: false);
        if (header.Columns is < 1 or > VectorMatrix.MaxDimension || header.Rows > VectorMatrix.MaxCount)
            throw Invalid(path, $"A matrix of ({header.Rows}, {header.Columns}) is no set of vectors.");
        byte[] buffer = ArrayPool<byte>.Shared.Rent(header.Columns * header.ElementSize);
        try
        {
            return VectorMatrix.Create(header.Rows, header.Columns, (_, row) => ReadElements(file, header.Type, buffer, row));
        }
        catch (Exception e) when (e is ArgumentException or EndOfStreamException)
        {
            throw Invalid(path, e.Message, e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a matrix into an array, row-major, NaN and infinity included.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">First extent.</param>
    /// <param name="columns">Second extent.</param>
    /// <returns>rows × columns elements.</returns>
    /// <exception cref="InvalidDataException">The file is no such matrix, is cut or has more than its header says, or is too large for an array; the message names the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static float[] Read(string path, out int rows, out int columns)
    {
        using FileStream file = Open(path);
        NpyHeader header = ReadHeader(file, isWhole: false);
        (rows, columns) = (header.Rows, header.Columns);
        long length = (long)rows * columns;
        if (length > Array.MaxLength)
            throw Invalid(path, $"{length} elements are too many for an array; read it as a matrix.");
        var elements = new float[length];
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            int chunk = BufferBytes / header.ElementSize;
            for (int start = 0; start < elements.Length; start += chunk)
                ReadElements(file, header.Type, buffer, elements.AsSpan(start, Math.Min(chunk, elements.Length - start)));
            return elements;
        }
        catch (EndOfStreamException e)
        {
            throw Invalid(path, e.Message, e);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Reads a matrix of row numbers or counts: int32, or int64 that fit into int32.</summary>
    /// <param name="path">The file.</param>
    /// <param name="rows">First extent.</param>
    /// <param name="columns">Second extent.</param>
    /// <returns>rows × columns elements, row-major.</returns>
    /// <exception cref="InvalidDataException">The file is no such matrix, is cut or has more than its header says, is too large for an array, or an element is too large; the message names the file.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static int[] ReadIntegers(string path, out int rows, out int columns)
    {
        using FileStream file = Open(path);
        NpyHeader header = ReadHeader(file, isWhole: true);
        (rows, columns) = (header.Rows, header.Columns);
        long length = (long)rows * columns;
        if (length > Array.MaxLength)
            throw Invalid(path, $"{length} elements are too many for an array.");
        var elements = new int[length];
        Span<byte> bytes = stackalloc byte[header.ElementSize];
        for (int i = 0; i < elements.Length; i++)
        {
            file.ReadExactly(bytes);
            long element = header.Type == NpyType.Int32 ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : BinaryPrimitives.ReadInt64LittleEndian(bytes);
            if (element is < int.MinValue or > int.MaxValue)
                throw Invalid(path, $"Element {i} is {element}, which is no row number.");
            elements[i] = (int)element;
        }
        return elements;
    }

    /// <summary>Writes an fp32 matrix (version 1.0), over what was there.</summary>
    /// <param name="path">The file.</param>
    /// <param name="data">rows × columns elements, row-major.</param>
    /// <param name="rows">First extent.</param>
    /// <param name="columns">Second extent.</param>
    /// <exception cref="ArgumentException">The length is not rows × columns.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, ReadOnlySpan<float> data, int rows, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(columns);
        if (data.Length != (long)rows * columns)
            throw new ArgumentException($"{data.Length} elements are no matrix of ({rows}, {columns}).", nameof(data));
        ThrowIfBigEndian();
        using FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        file.Write(NpyHeader.OfFloat32(rows, columns));
        for (ReadOnlySpan<float> rest = data; !rest.IsEmpty; rest = rest[Math.Min(rest.Length, BufferBytes)..])
            file.Write(MemoryMarshal.AsBytes(rest[..Math.Min(rest.Length, BufferBytes)]));
    }

    private static FileStream Open(string path)
    {
        ThrowIfBigEndian();
        return new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, BufferBytes, FileOptions.SequentialScan);
    }

    /// <summary>Elements are moved as they are.</summary>
    private static void ThrowIfBigEndian()
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Matrices are read and written on little-endian machines.");
    }

    private static NpyHeader ReadHeader(FileStream file, bool isWhole)
    {
        try
        {
            NpyHeader header = NpyHeader.Read(file);
            if (header.IsWhole != isWhole)
                throw new InvalidDataException(isWhole ? $"The elements are {header.Type}; row numbers are <i4 or <i8." : $"The elements are {header.Type}; vectors are <f4, <f2, |i1 or |u1.");
            return header;
        }
        catch (InvalidDataException e)
        {
            throw Invalid(file.Name, e.Message, e);
        }
    }

    /// <summary>Reads as many elements as <paramref name="elements"/> has; the buffer has room for their bytes.</summary>
    private static void ReadElements(FileStream file, NpyType type, byte[] buffer, Span<float> elements)
    {
        Span<byte> bytes = type == NpyType.Float32 ? MemoryMarshal.AsBytes(elements) : buffer.AsSpan(0, elements.Length * NpyHeader.SizeOf(type));
        file.ReadExactly(bytes);
        switch (type)
        {
            case NpyType.Float32:
                break;
            case NpyType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), elements);
                break;
            case NpyType.Int8:
                TensorPrimitives.ConvertTruncating<sbyte, float>(MemoryMarshal.Cast<byte, sbyte>(bytes), elements);
                break;
            case NpyType.UInt8:
                TensorPrimitives.ConvertTruncating<byte, float>(bytes, elements);
                break;
        }
    }

    private static InvalidDataException Invalid(string path, string why, Exception? inner = null) => new($"{path}: {why}", inner);
}
