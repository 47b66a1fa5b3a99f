using System.Runtime.InteropServices;
using Inference.Vectors.Memory;
using Microsoft.Win32.SafeHandles;

namespace Inference.Vectors.Files;

/// <summary>An index file that was opened and checked: see <see cref="IndexFileHeader"/> for its layout and <see cref="IndexFileWriter"/> for how one is made.</summary>
/// <remarks>
/// Sections are blocks over one mapping or one copy, which goes when the file is disposed and the last section let go, in any order. A file that is changed in place
/// while it is mapped can end the process (the system signals reads behind its end): replace files, do not rewrite them.
/// </remarks>
internal sealed class IndexFile : IDisposable
{
    private readonly string _path;
    private readonly IndexFileHeader _header;
    private readonly MemoryBlock _content;

    /// <summary>Where in the file the content begins.</summary>
    private readonly long _contentOffset;

    private int _disposed;

    private IndexFile(string path, IndexFileHeader header, MemoryBlock content, long contentOffset)
    {
        _path = path;
        _header = header;
        _content = content;
        _contentOffset = contentOffset;
    }

    public IndexKind Kind => _header.Kind;

    public Metric Metric => _header.Metric;

    public int Dimension => _header.Dimension;

    /// <summary>Row numbers of the index.</summary>
    public int Count => _header.Count;

    /// <summary>Opens a file and checks it.</summary>
    /// <exception cref="InvalidDataException">It is no index file, of a newer format, cut, or damaged; the message names the file, what was expected and what was found.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static IndexFile Open(string path, IndexLoadOptions options = default)
    {
        if (!BitConverter.IsLittleEndian)
            throw new PlatformNotSupportedException("Index files are read and written on little-endian machines.");
        if (Directory.Exists(path))
            throw Invalid(path, "It is a folder and no index file.");
        using SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, FileOptions.RandomAccess);
        MemoryBlock? content = null;
        try
        {
            long length = RandomAccess.GetLength(handle);
            var start = new byte[IndexFileHeader.Bytes];
            IndexFileHeader header = IndexFileHeader.Read(start.AsSpan(0, RandomAccess.Read(handle, start, 0)), length);
            long contentOffset = options.Resident ? IndexFileHeader.Bytes : 0;
            content = options.Resident ? new MemoryBlock((nuint)(length - contentOffset)) : MappedFile.Map(handle, length);
            foreach (IndexFileSection section in header.Sections)
                Load(handle, section, content, contentOffset, options);
            return new IndexFile(path, header, content, contentOffset);
        }
        catch (Exception e)
        {
            content?.Release();
            if (e is InvalidDataException or NotSupportedException)
                throw Invalid(path, e.Message, e);
            throw;
        }
    }

    /// <summary>Whether there is such a section.</summary>
    public bool Has(string name) => _header.Sections.Any(section => section.Name == name);

    /// <summary>Whether there is such a number.</summary>
    public bool HasParameter(string name) => _header.Parameters.Any(parameter => parameter.Name == name);

    /// <summary>A section as a block that is held once, by the caller.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="expectedLength">Bytes that the caller is going to rely on.</param>
    /// <exception cref="InvalidDataException">There is no such section, or its length is another one.</exception>
    public unsafe MemoryBlock Section(string name, long expectedLength)
    {
        IndexFileSection section = Find(name, expectedLength);
        ObjectDisposedException.ThrowIf(!_content.TryHold(), this);
        // Pinned for good: the content is native memory.
        fixed (byte* start = &_content.Start<byte>())
            return new MemoryBlock(start + (section.Offset - _contentOffset), (nuint)section.Length, new Hold(_content));
    }

    /// <summary>A copy of a section.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="count">Elements.</param>
    /// <inheritdoc cref="Section" path="/exception"/>
    public T[] Array<T>(string name, int count)
        where T : unmanaged
    {
        long length = (long)count * System.Runtime.CompilerServices.Unsafe.SizeOf<T>();
        MemoryBlock section = Section(name, length);
        try
        {
            return MemoryMarshal.CreateReadOnlySpan(ref section.Start<T>(), count).ToArray();
        }
        finally
        {
            section.Release();
        }
    }

    /// <summary>A whole number that was stored.</summary>
    /// <exception cref="InvalidDataException">There is none of that name, or it lies outside the range.</exception>
    public long Whole(string name, long least = long.MinValue, long most = long.MaxValue)
    {
        long value = Find(name, isReal: false);
        return value >= least && value <= most ? value : throw Invalid($"Parameter '{name}' should be {least} to {most} and is {value}.");
    }

    /// <summary>A real number that was stored; NaN and infinity are what they are.</summary>
    /// <exception cref="InvalidDataException">There is none of that name.</exception>
    public double Real(string name) => BitConverter.Int64BitsToDouble(Find(name, isReal: true));

    /// <summary>What a reader throws that finds the content at odds with itself.</summary>
    public InvalidDataException Invalid(string why) => Invalid(_path, why);

    /// <summary>Ends the hold on the content; sections keep theirs.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _content.Release();
    }

    private static InvalidDataException Invalid(string path, string why, Exception? inner = null) => new($"{path}: {why}", inner);

    private IndexFileSection Find(string name, long expectedLength)
    {
        foreach (IndexFileSection section in _header.Sections)
        {
            if (section.Name != name)
                continue;
            if (section.Length != expectedLength)
                throw Invalid($"Section '{name}' should have {expectedLength} bytes and has {section.Length}.");
            return section;
        }
        throw Invalid($"There is no section '{name}'; there are: {string.Join(", ", _header.Sections.Select(static section => section.Name))}.");
    }

    private long Find(string name, bool isReal)
    {
        foreach (IndexFileParameter parameter in _header.Parameters)
        {
            if (parameter.Name == name && parameter.IsReal == isReal)
                return parameter.Bits;
        }
        throw Invalid($"There is no {(isReal ? "real" : "whole")} parameter '{name}'; there are: {string.Join(", ", _header.Parameters.Select(static parameter => parameter.Name))}.");
    }

    /// <summary>Brings a section in, where it is copied, and checks it, chunks in parallel.</summary>
    private static void Load(SafeFileHandle handle, IndexFileSection section, MemoryBlock content, long contentOffset, IndexLoadOptions options)
    {
        if (options is { Resident: false, SkipVerification: true })
            return;
        long bytes = section.PaddedLength;
        var checksums = new uint[(bytes + Checksum.ChunkBytes - 1) / Checksum.ChunkBytes];
        try
        {
            Parallel.For(0, checksums.Length, new ParallelOptions { TaskScheduler = TaskScheduler.Current }, i =>
            {
                long at = section.Offset + (long)i * Checksum.ChunkBytes;
                Span<byte> chunk = content.Bytes((nuint)(at - contentOffset), (int)Math.Min(Checksum.ChunkBytes, section.Offset + bytes - at));
                if (options.Resident)
                    ReadExactly(handle, chunk, at);
                else
                    MappedFile.Populate(ref MemoryMarshal.GetReference(chunk), (nuint)chunk.Length);
                if (!options.SkipVerification)
                    checksums[i] = Checksum.OfChunk(chunk);
            });
        }
        catch (AggregateException e) when (e.InnerExceptions[0] is IOException or InvalidDataException)
        {
            throw e.InnerExceptions[0];
        }
        if (options.SkipVerification)
            return;
        uint checksum = Checksum.Combine(checksums);
        if (checksum != section.Checksum)
            throw new InvalidDataException($"Section '{section.Name}' is damaged: its checksum should be {section.Checksum:X8} and is {checksum:X8}.");
    }

    private static void ReadExactly(SafeFileHandle handle, Span<byte> bytes, long offset)
    {
        int read = FilePieces.Read(handle, bytes, offset);
        if (read < bytes.Length)
            throw new InvalidDataException($"It was cut while it was read: it ends at byte {offset + read}.");
    }

    /// <summary>What a section releases in the end.</summary>
    private sealed class Hold(MemoryBlock content) : IDisposable
    {
        public void Dispose() => content.Release();
    }
}
