using System.Diagnostics.CodeAnalysis;
using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using Inference.Vectors.Files;
using Microsoft.Win32.SafeHandles;

namespace Inference.Vectors;

/// <summary>The vectors of a file in pieces, for whoever looks at all of them now and then and must not keep them in memory: a .npy matrix, or one that <see cref="VectorMatrix.Save"/> wrote.</summary>
/// <remarks>Opened by the first read, so the file may come later than the object. One reader at a time; disposing waits for nobody, and a read after it finds nothing.</remarks>
public sealed class VectorFile : IDisposable
{
    private readonly Lock _lock = new();
    private readonly string _path;
    private byte[] _buffer = [];
    private Layout? _layout;
    private bool _disposed;

    /// <param name="path">The file.</param>
    /// <param name="count">Rows that it must have.</param>
    /// <param name="dimension">Elements that a row must have.</param>
    public VectorFile(string path, int count, int dimension) => (_path, Count, Dimension) = (path, count, dimension);

    /// <summary>Rows.</summary>
    public int Count { get; }

    /// <summary>Elements of a row.</summary>
    public int Dimension { get; }

    /// <summary>Reads consecutive rows.</summary>
    /// <param name="firstRow">Number of the first one.</param>
    /// <param name="rows">Receives them, row-major, without padding; a whole number of rows.</param>
    /// <returns>False where the file is not there, is not readable, or is none of so many vectors of this dimension.</returns>
    /// <exception cref="ArgumentException">These are no rows of it.</exception>
    public bool TryRead(int firstRow, Span<float> rows)
    {
        int count = rows.Length / Dimension;
        if (rows.Length % Dimension != 0 || firstRow < 0 || firstRow > Count - count)
            throw new ArgumentException($"{rows.Length} elements from row {firstRow} on are no rows of {Count} × {Dimension}.", nameof(rows));
        lock (_lock)
        {
            if (_disposed || !TryOpen(out Layout? layout))
                return false;
            int stride = layout.Stride * NpyHeader.SizeOf(layout.Type), bytes = count * stride;
            try
            {
                // As they lie.
                if (layout.Type == NpyType.Float32 && layout.Stride == Dimension)
                    return ReadWhole(layout.File, MemoryMarshal.AsBytes(rows), layout.Offset + ((long)firstRow * stride));
                if (_buffer.Length < bytes)
                    _buffer = new byte[bytes];
                if (!ReadWhole(layout.File, _buffer.AsSpan(0, bytes), layout.Offset + ((long)firstRow * stride)))
                    return false;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return false;
            }

            for (int i = 0; i < count; i++)
                Convert(layout.Type, _buffer.AsSpan(i * stride, stride), rows.Slice(i * Dimension, Dimension));
            return true;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _disposed = true;
            _layout?.File.Dispose();
            _layout = null;
        }
    }

    private bool TryOpen([NotNullWhen(true)] out Layout? layout)
    {
        layout = _layout;
        if (layout is not null)
            return true;
        SafeFileHandle? file = null;
        try
        {
            if (!File.Exists(_path))
                return false;
            file = File.OpenHandle(_path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            layout = _layout = LayoutOf(file);
            return layout is not null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            return false;
        }
        finally
        {
            if (layout is null)
                file?.Dispose();
        }
    }

    private Layout? LayoutOf(SafeFileHandle file)
    {
        var start = new byte[IndexFileHeader.Bytes];
        int read = RandomAccess.Read(file, start, 0);
        if (read > 0 && start[0] == 0x93)
        {
            using var stream = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete);
            NpyHeader header = NpyHeader.Read(stream);
            return (header.Rows, header.Columns) == (Count, Dimension) && !header.IsWhole ? new Layout(file, header.Type, header.DataOffset, Dimension) : null;
        }

        IndexFileHeader index = IndexFileHeader.Read(start.AsSpan(0, read), RandomAccess.GetLength(file));
        if (index.Kind != IndexKind.Flat || (index.Count, index.Dimension) != (Count, Dimension))
            return null;
        foreach (IndexFileSection section in index.Sections)
        {
            if (section.Name == ExactIndex.VectorsSection && section.Length == VectorMatrix.BytesOf(Count, Dimension))
                return new Layout(file, NpyType.Float32, section.Offset, VectorMatrix.RoundUp(Dimension));
        }

        return null;
    }

    private static bool ReadWhole(SafeFileHandle file, Span<byte> bytes, long offset)
    {
        while (!bytes.IsEmpty)
        {
            int read = RandomAccess.Read(file, bytes, offset);
            if (read == 0)
                return false;
            bytes = bytes[read..];
            offset += read;
        }

        return true;
    }

    private static void Convert(NpyType type, ReadOnlySpan<byte> bytes, Span<float> row)
    {
        switch (type)
        {
            case NpyType.Float16:
                TensorPrimitives.ConvertToSingle(MemoryMarshal.Cast<byte, Half>(bytes), row);
                break;
            case NpyType.Int8:
                TensorPrimitives.ConvertTruncating<sbyte, float>(MemoryMarshal.Cast<byte, sbyte>(bytes), row);
                break;
            case NpyType.UInt8:
                TensorPrimitives.ConvertTruncating<byte, float>(bytes, row);
                break;
            default:
                MemoryMarshal.Cast<byte, float>(bytes)[..row.Length].CopyTo(row);
                break;
        }
    }

    private sealed record Layout(SafeFileHandle File, NpyType Type, long Offset, int Stride);
}
